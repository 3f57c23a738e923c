import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkKeyFiles } from '../../../src/settings/key-files.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const folder = mkdtempSync(join(tmpdir(), 'key-files-'))
const STORE = '/security_settings/keystores/0/entries/0'

before(() => {
  const [first, second] = [makeCertificate('DNS:one.example.com'), makeCertificate('DNS:two.example.com')]
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const files = {
    'tls.crt': first.cert,
    'tls.key': first.key,
    'other.key': second.key,
    'weak.key': weak.export({ type: 'pkcs8', format: 'pem' }),
    'locked.key': weak.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    'junk.pem': 'junk',
    'keys.json': '{"keys":[{"kty":"RSA"}]}',
    'empty.json': '{"keys":[]}',
    'list.json': '[]',
    'large.pem': 'x'.repeat(1024 * 1024 + 1),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  mkdirSync(join(folder, 'folder.pem'))
})
after(() => rmSync(folder, { recursive: true }))

const check = (entry: string, nowMs?: number) =>
  checkKeyFiles(
    inspectionOf(`security_settings: { keystores: [ { name: a, entries: [ { alias: x, ${entry} } ] } ] }`, {
      folder,
      ...(nowMs === undefined ? {} : { nowMs }),
    }),
  )
const say = (entry: string, nowMs?: number) => check(entry, nowMs).map(sayFinding)
const jwks = (file: string) =>
  checkKeyFiles(
    inspectionOf(
      `security_settings: { auth_servers: [ { name: a, localIntrospectionConfig: { jwks_file: ${file} } } ] }`,
      { folder },
    ),
  ).map(({ severity, message }) => `${severity}: ${message}`)

test('a certificate and its key are fine', () => {
  assert.deepEqual(say('certificate: tls.crt, private_key: tls.key', Date.now()), [])
})

test('a missing file is an error that says where relative paths start', () => {
  const [finding] = check('private_key: nope.key')
  assert.equal(finding?.code, 'config.file')
  assert.equal(finding?.message, '`private_key` names a file that does not exist')
  assert.equal(finding?.help, `relative paths start from ${folder}`)
})

test('what is no key, no certificate or no file is an error', () => {
  const table = {
    'private_key: junk.pem': 'not a private key in PEM',
    'private_key: tls.crt': 'not a private key in PEM',
    'private_key: folder.pem': 'not a file',
    'private_key: large.pem': 'larger than 1 MiB',
    'private_key: tls.key, certificate: junk.pem': 'not a certificate in PEM',
    'private_key: tls.key, certificate: tls.key': 'not a certificate in PEM',
  }
  for (const [entry, words] of Object.entries(table)) {
    const findings = check(entry)
    assert.deepEqual(
      findings.map(({ severity, code }) => [severity, code]),
      [['error', 'config.file']],
      entry,
    )
    assert.ok(findings[0]?.message.includes(words), findings[0]?.message ?? '')
  }
})

test('an encrypted private key is opened when it is used, not here', () => {
  assert.deepEqual(check('private_key: locked.key, certificate: tls.crt'), [])
})

test('a certificate for another key is an error', () => {
  assert.deepEqual(say('certificate: tls.crt, private_key: other.key'), [`error config.conflict ${STORE}/certificate`])
})

test('what cannot be used now is a warning', () => {
  assert.deepEqual(say('private_key: weak.key'), [`warning config.unusable ${STORE}/private_key`])
  const day = 86_400_000
  assert.deepEqual(say('certificate: tls.crt, private_key: tls.key', Date.now() + 10 * day), [
    `warning config.unusable ${STORE}/certificate`,
  ])
  assert.deepEqual(say('certificate: tls.crt, private_key: tls.key', Date.now() - 10 * day), [
    `warning config.unusable ${STORE}/certificate`,
  ])
})

test('a JWKS file is a JWK Set', () => {
  assert.deepEqual(jwks('keys.json'), [])
  assert.deepEqual(jwks('empty.json'), ['warning: `jwks_file` names a JWK Set without keys'])
  assert.deepEqual(jwks('list.json'), ['error: `jwks_file` names a file that is not a JWK Set: it has no list `keys`'])
  assert.deepEqual(jwks('junk.pem'), ['error: `jwks_file` names a file that is not JSON'])
})
