import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decryptRc2Cbc } from '../../../src/keys/rc2.ts'

const ZERO = Buffer.alloc(8)

/** RFC 2268 section 5, those with keys of 8 bytes and more. */
const VECTORS = [
  ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
  ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
  ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
  ['88', 64, '0000000000000000', '61a8a244adacccf0'],
  ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
  ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
  ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
] as const

test('the vectors of RFC 2268 come out', () => {
  for (const [key, bits, plain, text] of VECTORS) {
    const decrypted = decryptRc2Cbc(Buffer.from(key, 'hex'), bits, ZERO, Buffer.from(text, 'hex'))
    assert.equal(decrypted.toString('hex'), plain, key)
  }
})

test('what is no whole number of blocks is no text', () => {
  assert.throws(() => decryptRc2Cbc(Buffer.alloc(16), 128, ZERO, Buffer.alloc(7)), RangeError)
  assert.throws(() => decryptRc2Cbc(Buffer.alloc(16), 128, Buffer.alloc(7), Buffer.alloc(8)), RangeError)
})
