/** No byte that is changed in a key store makes its reader throw, and none makes a key out of nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readPkcs12 } from '../../src/keys/pkcs12.ts'
import type { StoreContents } from '../../src/keys/store-contents.ts'
import { makeCertificate } from '../support/certificate.ts'
import { makePkcs12 } from '../support/key-stores.ts'

const PASSWORD = 'changeit'
const ONE = makeCertificate('DNS:one.test')

function read(bytes: Uint8Array): Promise<StoreContents> {
  return readPkcs12(bytes, { file: 'store.p12', password: PASSWORD, withKeys: true })
}

for (const [name, options] of [
  ['with a MAC', ['-iter', '1']],
  ['without a MAC', ['-nomac', '-iter', '1']],
  ['in the clear', ['-nomac', '-keypbe', 'NONE', '-certpbe', 'NONE']],
  ['of the old kind', ['-legacy', '-nomac', '-iter', '1']],
] as const) {
  test(`PKCS#12 ${name} never throws for a changed byte, a cut or an insertion`, async () => {
    const whole = makePkcs12(ONE, { alias: 'edge', password: PASSWORD, options })
    assert.ok((await read(whole)).ok)
    const place = fc.nat(whole.length - 1)
    await fc.assert(
      fc.asyncProperty(
        place,
        fc.integer({ min: 1, max: 255 }),
        fc.uint8Array({ maxLength: 4 }),
        async (at, flip, more) => {
          const changed = Buffer.from(whole)
          changed[at] = (changed[at] ?? 0) ^ flip
          await read(changed)
          assert.ok(!(await read(whole.subarray(0, at))).ok)
          await read(Buffer.concat([whole.subarray(0, at), more, whole.subarray(at)]))
        },
      ),
      { numRuns: 100 },
    )
  })
}
