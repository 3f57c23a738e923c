import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readJks } from '../../../src/keys/jks.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { hasKeytool, makeJks, makeWithKeytool } from '../../support/key-stores.ts'

const PASSWORD = 'changeit'
const EDGE = makeCertificate('DNS:edge.test')
const PARTNER = makeCertificate('DNS:partner.test', 'rsa:2048')
const REQUEST = { file: 'store.jks', password: PASSWORD, withKeys: true }
const STORE = makeJks(
  [
    { alias: 'edge', certificates: [EDGE.cert, PARTNER.cert], key: EDGE.key },
    { alias: 'größe', certificates: [PARTNER.cert] },
  ],
  PASSWORD,
)

function fingerprint(pem: string | undefined): string {
  return new X509Certificate(pem ?? '').fingerprint256
}

describe('a JKS store', () => {
  test('has its keys with their chains, and what is trusted', () => {
    const contents = readJks(STORE, REQUEST)
    assert.ok(contents.ok)
    const [edge, partner] = contents.value
    assert.equal(edge?.alias, 'edge')
    assert.ok(edge?.privateKey?.equals(createPrivateKey(EDGE.key)))
    assert.deepEqual(edge?.certificates.map(fingerprint), [fingerprint(EDGE.cert), fingerprint(PARTNER.cert)])
    assert.equal(partner?.alias, 'größe')
    assert.equal(partner?.privateKey, undefined)
  })

  test('keeps its keys closed where nobody asks for them', () => {
    const contents = readJks(STORE, { ...REQUEST, withKeys: false })
    assert.ok(contents.ok && contents.value.every(({ privateKey }) => privateKey === undefined))
  })

  test('made by Java’s keytool is read, and so is an RSA key', () => {
    const bytes = hasKeytool()
      ? makeWithKeytool({ type: 'JKS', password: PASSWORD, keys: ['one'], trusted: { partner: PARTNER.cert } })
      : makeJks([{ alias: 'one', certificates: [PARTNER.cert], key: PARTNER.key }], PASSWORD)
    const contents = readJks(bytes, REQUEST)
    assert.ok(contents.ok, JSON.stringify(contents))
    const one = contents.value.find(({ alias }) => alias === 'one')
    assert.ok(one?.privateKey !== undefined)
    assert.ok(new X509Certificate(one.certificates[0] ?? '').checkPrivateKey(one.privateKey))
  })

  test('is not opened by another password; a key may have one of its own, which is told', () => {
    const wrong = readJks(STORE, { ...REQUEST, password: 'tr0ub4dor' })
    assert.ok(!wrong.ok)
    assert.equal(wrong.error.at, 'password')
    assert.match(wrong.error.help, /keytool -list -keystore store\.jks/)
    assert.ok(!JSON.stringify(wrong).includes('tr0ub4dor'))
    const missing = readJks(STORE, { ...REQUEST, password: undefined })
    assert.ok(!missing.ok && missing.error.message === 'needs a password')
    const own = makeJks([{ alias: 'edge', certificates: [EDGE.cert], key: EDGE.key, keyPassword: 'own' }], PASSWORD)
    const refused = readJks(own, REQUEST)
    assert.ok(!refused.ok)
    assert.match(refused.error.help, /keytool -keypasswd -keystore store\.jks -alias edge/)
  })

  test('of another kind is told, with the way out', () => {
    const jceks = readJks(Buffer.from('cececece0000000200000000', 'hex'), REQUEST)
    assert.ok(!jceks.ok)
    assert.match(jceks.error.help, /keytool -importkeystore -srckeystore store\.jks -destkeystore store\.p12/)
    for (const bytes of ['', 'fe', 'feedface00000002']) {
      const refused = readJks(Buffer.from(bytes, 'hex'), REQUEST)
      assert.ok(!refused.ok && refused.error.message === 'is no JKS store')
    }
  })

  test('that was cut or changed is refused at whatever byte, and never throws', () => {
    fc.assert(
      fc.property(fc.nat(STORE.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        assert.ok(!readJks(STORE.subarray(0, at), REQUEST).ok)
        const changed = Buffer.from(STORE)
        changed[at] = (changed[at] ?? 0) ^ flip
        assert.ok(!readJks(changed, REQUEST).ok)
      }),
      { numRuns: 500 },
    )
  })
})
