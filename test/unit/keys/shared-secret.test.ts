import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSharedSecretKey } from '../../../src/keys/shared-secret.ts'

test('JWA-01: an HMAC key is at least as long as its hash, and is bound to its one algorithm', () => {
  for (const [algorithm, octets] of [
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const) {
    assert.throws(() => createSharedSecretKey(Buffer.alloc(octets - 1), algorithm), {
      name: 'RangeError',
      message: 'secret shorter than the hash',
    })
    const key = createSharedSecretKey(Buffer.alloc(octets), algorithm)
    assert.deepEqual([...key.algorithms], [algorithm])
    assert.equal(key.retired, false)
    key.retire()
    assert.ok(key.retired)
  }
})

test('nothing about a secret can be read off its key', () => {
  const key = createSharedSecretKey(Buffer.alloc(32, 'secret'), 'HS256')
  assert.equal(key.thumbprint, '')
  assert.ok(!JSON.stringify(key).includes('c2VjcmV0'))
})
