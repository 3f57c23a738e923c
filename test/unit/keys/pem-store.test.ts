import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readPemKeystore, readPemTruststore } from '../../../src/keys/pem-store.ts'
import { Secret } from '../../../src/settings/secret.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { inFolder } from '../../support/key-stores.ts'

const ONE = makeCertificate('DNS:one.test', 'rsa:2048')
const TWO = makeCertificate('DNS:two.test')
const PASSWORD = 'of the key'

function read(files: Readonly<Record<string, string>>, password?: string) {
  const certificateFile = files['tls.crt'] === undefined ? undefined : 'tls.crt'
  const secret = password === undefined ? undefined : new Secret(password)
  const entry = { alias: 'one', certificateFile, privateKeyFile: 'tls.key', password: secret, pointer: '/entries/0' }
  return readPemKeystore({ type: 'pem', name: 'edge', entries: [entry], pointer: '' }, async path => {
    const text = files[path]
    if (text === undefined) throw new Error('ENOENT')
    return Buffer.from(text)
  })
}

/** Encrypts the private key with `openssl`. */
function seal(args: readonly string[]): string {
  return inFolder(folder => {
    const [plain, sealed] = [join(folder, 'plain.key'), join(folder, 'sealed.key')]
    writeFileSync(plain, ONE.key)
    execFileSync('openssl', [...args, '-in', plain, '-out', sealed, '-passout', `pass:${PASSWORD}`], {
      stdio: 'ignore',
    })
    return readFileSync(sealed, 'utf8')
  })
}

describe('a private key in PEM', () => {
  test('comes with its certificates, leaf first, or without any', async () => {
    const both = await read({ 'tls.key': ONE.key, 'tls.crt': `some words\n${ONE.cert}${TWO.cert}` })
    assert.ok(both.ok)
    assert.equal(both.value[0]?.certificates.length, 2)
    const alone = await read({ 'tls.key': ONE.key })
    assert.ok(alone.ok && alone.value[0]?.privateKey?.equals(createPrivateKey(ONE.key)))
  })

  for (const [name, args] of [
    ['PKCS#8 and PBKDF2', ['pkcs8', '-topk8', '-v2', 'aes-256-cbc']],
    ['PKCS#8 and 3DES', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-3DES']],
    ['PKCS#8 and scrypt', ['pkcs8', '-topk8', '-scrypt']],
    ['OpenSSL’s older form', ['rsa', '-aes256', '-traditional']],
  ] as const) {
    test(`under a password is opened: ${name}`, async () => {
      const sealed = seal(args)
      assert.match(sealed, /ENCRYPTED/)
      const opened = await read({ 'tls.key': sealed, 'tls.crt': ONE.cert }, PASSWORD)
      assert.ok(opened.ok, JSON.stringify(opened))
      assert.ok(opened.value[0]?.privateKey?.equals(createPrivateKey(ONE.key)))
      for (const [password, pointer] of [
        ['another', '/entries/0/password'],
        [undefined, '/entries/0/private_key'],
      ] as const) {
        const refused = await read({ 'tls.key': sealed }, password)
        assert.ok(!refused.ok)
        assert.deepEqual(
          refused.error.map(finding => [finding.code, finding.pointer]),
          [['config.secret', pointer]],
        )
        assert.ok(!/another|BEGIN/.test(JSON.stringify(refused)))
      }
    })
  }

  test('that is none, is not there, or belongs to another certificate is a finding at its key', async () => {
    for (const [files, expected] of [
      [{}, 'config.file /entries/0/private_key'],
      [{ 'tls.key': 'junk' }, 'config.secret /entries/0/private_key'],
      [{ 'tls.key': ONE.cert }, 'config.secret /entries/0/private_key'],
      [{ 'tls.key': ONE.key, 'tls.crt': 'junk' }, 'config.file /entries/0/certificate'],
      [{ 'tls.key': ONE.key, 'tls.crt': TWO.cert }, 'config.secret /entries/0/certificate'],
      [{ 'tls.key': ONE.key, 'tls.crt': ONE.cert.replace(/[A-Z]{4}/, 'AAAA') }, 'config.file /entries/0/certificate'],
    ] as const) {
      const refused = await read(files)
      assert.ok(!refused.ok, expected)
      assert.deepEqual(
        refused.error.map(({ code, pointer }) => `${code} ${pointer}`),
        [expected],
      )
    }
  })
})

test('a truststore in PEM has every certificate of each file', async () => {
  const entries = [
    { alias: 'bundle', certificateFile: 'bundle', pointer: '/entries/0' },
    { alias: 'gone', certificateFile: 'gone', pointer: '/entries/1' },
  ]
  const readBytes = async (path: string): Promise<Uint8Array> => {
    if (path === 'gone') throw new Error('ENOENT')
    return Buffer.from(ONE.cert + TWO.cert)
  }
  const store = { type: 'pem', name: 'partners', pointer: '' } as const
  const whole = await readPemTruststore({ ...store, entries: entries.slice(0, 1) }, readBytes)
  assert.ok(whole.ok && whole.value[0]?.certificates.length === 2)
  const part = await readPemTruststore({ ...store, entries }, readBytes)
  assert.deepEqual(!part.ok && part.error.map(({ pointer }) => pointer), ['/entries/1/certificate'])
})
