import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { readPkcs12 } from '../../../src/keys/pkcs12.ts'
import type { StoreEntry, StoreProblem } from '../../../src/keys/store-contents.ts'
import { makeAuthority } from '../../support/authority.ts'
import { makeCertificate, type TestCertificate } from '../../support/certificate.ts'
import { hasKeytool, makePkcs12, makeWithKeytool } from '../../support/key-stores.ts'

const PASSWORD = 'changeit-ö'

async function read(
  bytes: Uint8Array,
  ...[password]: readonly [(string | undefined)?]
): Promise<readonly StoreEntry[]> {
  const contents = await readPkcs12(bytes, { file: 'store.p12', password, withKeys: true })
  assert.ok(contents.ok, JSON.stringify(contents))
  return contents.value
}

async function refuse(bytes: Uint8Array, password: string | undefined): Promise<StoreProblem> {
  const contents = await readPkcs12(bytes, { file: 'store.p12', password, withKeys: true })
  assert.ok(!contents.ok)
  assert.ok(!password || !JSON.stringify(contents).includes(password))
  return contents.error
}

describe('a store of one key', () => {
  let one: TestCertificate
  let authority: TestCertificate
  before(() => {
    one = makeCertificate('DNS:one.test')
    authority = makeCertificate('DNS:authority.test')
  })

  for (const [name, options] of [
    ['AES-256, PBKDF2 and SHA-256, as OpenSSL 3 writes it', []],
    ['RC2, 3DES and SHA-1, as everybody wrote it for decades', ['-legacy']],
    ['3DES and SHA-1', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ['two-key 3DES', ['-keypbe', 'PBE-SHA1-2DES', '-certpbe', 'PBE-SHA1-2DES', '-legacy']],
    ['RC2 of 128 bits', ['-keypbe', 'PBE-SHA1-RC2-128', '-certpbe', 'PBE-SHA1-RC2-128', '-legacy']],
    ['AES-128 and a MAC of SHA-512', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-192-CBC', '-macalg', 'sha512']],
    ['nothing but a MAC', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
    ['one round of derivation', ['-iter', '1']],
    ['a hundred thousand rounds', ['-iter', '100000']],
  ] as const) {
    test(`under ${name}`, async () => {
      const [entry, ...others] = await read(makePkcs12(one, { alias: 'edge', password: PASSWORD, options }), PASSWORD)
      assert.equal(others.length, 0)
      assert.equal(entry?.alias, 'edge')
      assert.ok(entry?.privateKey?.equals(createPrivateKey(one.key)))
      assert.deepEqual(entry?.certificates.map(fingerprint), [fingerprint(one.cert)])
    })
  }

  test('without a MAC, and under an empty password', async () => {
    for (const options of [['-nomac'], []]) {
      const bytes = makePkcs12(one, { alias: 'edge', password: '', options })
      assert.equal((await read(bytes, ''))[0]?.alias, 'edge')
      assert.equal((await read(bytes, undefined))[0]?.alias, 'edge')
    }
  })

  test('has its number for a name where nobody gave it one', async () => {
    const entries = await read(makePkcs12(one, { password: PASSWORD, chain: [authority.cert] }), PASSWORD)
    assert.deepEqual(
      entries.map(({ alias, privateKey }) => [alias, privateKey !== undefined]),
      [
        ['1', true],
        ['2', false],
      ],
    )
  })

  test('has its chain behind the leaf, in order', async () => {
    const root = makeAuthority('root')
    const middle = root.issueAuthority('middle')
    const leaf = middle.issue('DNS:leaf.test')
    const chain = [root.cert, middle.cert]
    const [entry] = await read(makePkcs12(leaf, { alias: 'edge', password: PASSWORD, chain }), PASSWORD)
    assert.deepEqual(entry?.certificates.map(fingerprint), [leaf.cert, middle.cert, root.cert].map(fingerprint))
  })

  test('keeps its key closed where nobody asks for it', async () => {
    const bytes = makePkcs12(one, { alias: 'edge', password: PASSWORD })
    const contents = await readPkcs12(bytes, { file: 'store.p12', password: PASSWORD, withKeys: false })
    assert.ok(contents.ok)
    assert.equal(contents.value[0]?.privateKey, undefined)
    assert.equal(contents.value[0]?.certificates.length, 1)
  })

  test('is not opened by another password, and says what to do', async () => {
    for (const options of [[], ['-legacy'], ['-nomac']]) {
      const bytes = makePkcs12(one, { alias: 'edge', password: PASSWORD, options })
      for (const wrong of ['tr0ub4dor', '']) {
        const problem = await refuse(bytes, wrong)
        assert.equal(problem.at, 'password')
        assert.match(problem.help, /openssl pkcs12 -in store\.p12/)
      }
      const missing = await refuse(bytes, undefined)
      assert.deepEqual([missing.at, missing.message], ['file', 'needs a password'])
    }
  })

  test('that was cut, lengthened or is something else says so, at whatever byte', async () => {
    const bytes = makePkcs12(one, { alias: 'edge', password: PASSWORD })
    for (const length of [0, 1, 2, 10, 100, bytes.length - 1]) {
      assert.match((await refuse(bytes.subarray(0, length), PASSWORD)).message, /cut short/)
    }
    assert.match((await refuse(Buffer.concat([bytes, bytes]), PASSWORD)).message, /cut short/)
    assert.match((await refuse(Buffer.from(one.cert), PASSWORD)).message, /is no PKCS#12 store/)
    assert.match((await refuse(Buffer.alloc(1000, 0x30), PASSWORD)).message, /is no PKCS#12 store/)
  })

  test('that asks for more work than a key is worth is refused before the work', async () => {
    const bytes = makePkcs12(one, { alias: 'edge', password: PASSWORD, options: ['-iter', '65537'] })
    // 0x010001 rounds, made 0x7f0001 of them.
    const rounds = Buffer.from('0203010001', 'hex')
    for (let at = bytes.indexOf(rounds); at >= 0; at = bytes.indexOf(rounds, at + 1)) bytes[at + 2] = 0x7f
    assert.match((await refuse(bytes, PASSWORD)).message, /rounds of key derivation/)
  })

  test('does not hold up the event loop while its keys are derived', async () => {
    const bytes = makePkcs12(one, { alias: 'edge', password: PASSWORD, options: ['-legacy', '-iter', '50000'] })
    let turns = 0
    let isDone = false
    const countTurns = (): void => {
      turns += 1
      if (!isDone) setImmediate(countTurns)
    }
    countTurns()
    await read(bytes, PASSWORD)
    isDone = true
    // Two keys of 50,000 rounds each, a few hundred rounds a turn.
    assert.ok(turns > 100, `${turns} turns of the event loop`)
  })
})

test('a store of Java’s keytool has its keys and what it trusts, under their aliases', async () => {
  const trusted = makeCertificate('DNS:partner.test')
  const bytes = hasKeytool()
    ? makeWithKeytool({
        type: 'PKCS12',
        password: 'changeit',
        keys: ['First', 'second'],
        trusted: { partner: trusted.cert },
      })
    : makePkcs12(makeCertificate('DNS:first'), {
        alias: 'first',
        password: 'changeit',
        chain: [trusted.cert],
        options: ['-caname', 'partner'],
      })
  const entries = await read(bytes, 'changeit')
  const partner = entries.find(({ alias }) => alias === 'partner')
  assert.equal(fingerprint(partner?.certificates[0] ?? ''), fingerprint(trusted.cert))
  const first = entries.find(({ alias }) => alias === 'first')
  assert.ok(first?.privateKey !== undefined)
  assert.ok(new X509Certificate(first.certificates[0] ?? '').checkPrivateKey(first.privateKey))
})

function fingerprint(pem: string): string {
  return new X509Certificate(pem).fingerprint256
}
