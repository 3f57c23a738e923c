import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { openSigningKey as openKey, type SigningKeyParts, toSigningKey } from '../../../src/keys/signing-key.ts'
import { openStores } from '../../../src/keys/stores.ts'
import type { KeystoreSettings, SigningAlgorithm, TokenGeneratorSettings } from '../../../src/settings/model.ts'
import { createStore } from '../../../src/state/store.ts'
import { makeCertificate } from '../../support/certificate.ts'

const root = mkdtempSync(join(tmpdir(), 'signing-key-'))
after(() => rmSync(root, { recursive: true, force: true }))

const ALGORITHMS: readonly SigningAlgorithm[] = ['RS256', 'RS384', 'RS512', 'ES256', 'EdDSA']

function partsAt(folder: string, mayGenerate = true): Omit<SigningKeyParts, 'stores'> {
  return { store: createStore(join(root, folder)), mayGenerate }
}

/** Opens the stores and the key in them. */
async function openSigningKey(
  wanted: TokenGeneratorSettings,
  keystores: readonly KeystoreSettings[],
  parts: Omit<SigningKeyParts, 'stores'>,
): ReturnType<typeof openKey> {
  const opened = await openStores({ keystores, truststores: [] }, { readBytes: path => readFile(path) })
  if (opened.ok) return openKey(wanted, keystores, { ...parts, stores: opened.value })
  const [error] = opened.error
  assert.ok(error !== undefined)
  return { ok: false, error }
}

function generator(algorithm: SigningAlgorithm, keystore = 'signing', keyAlias = 'key-1'): TokenGeneratorSettings {
  return { algorithm, expiryMinutes: 60, audience: undefined, keystore, keyAlias }
}

function generated(algorithm: SigningAlgorithm, alias = 'key-1'): KeystoreSettings {
  return { type: 'generated', name: 'signing', algorithm, alias, pointer: '/keystores/0' }
}

function pem(privateKey: string, certificate?: string): KeystoreSettings {
  const entry = {
    alias: 'key-1',
    certificateFile: certificate,
    privateKeyFile: privateKey,
    password: undefined,
    pointer: '/keystores/0/entries/0',
  }
  return { type: 'pem', name: 'signing', entries: [entry], pointer: '/keystores/0' }
}

function writePem(name: string, key: KeyObject): string {
  const path = join(root, name)
  writeFileSync(path, String(key.export({ type: 'pkcs8', format: 'pem' })))
  return path
}

test('a generated key is made once, kept with mode 0600, and the same after a restart', async () => {
  for (const algorithm of ALGORITHMS) {
    const first = await openSigningKey(generator(algorithm), [generated(algorithm)], partsAt(algorithm))
    const second = await openSigningKey(generator(algorithm), [generated(algorithm)], partsAt(algorithm, false))
    assert.ok(first.ok && first.value !== undefined)
    assert.ok(second.ok && second.value !== undefined)
    assert.equal(first.value.kid, second.value.kid)
    const files = readdirSync(join(root, algorithm))
    assert.equal(files.length, 1)
    assert.equal(statSync(join(root, algorithm, files[0] ?? '')).mode & 0o777, 0o600)
  }
})

test('two processes that start at once end up with one key', async () => {
  const open = () => openSigningKey(generator('ES256'), [generated('ES256')], partsAt('race'))
  const keys = await Promise.all([open(), open(), open()])
  const kids = new Set(keys.map(key => (key.ok ? key.value?.kid : 'failed')))
  assert.equal(kids.size, 1)
  assert.ok(!kids.has('failed'))
})

test('a missing key is not made where that is not allowed', async () => {
  const opened = await openSigningKey(generator('RS256'), [generated('RS256')], partsAt('nothing', false))
  assert.deepEqual(opened, { ok: true, value: undefined })
})

test('what is published is the public key with use, alg and the RFC 7638 thumbprint as kid', async () => {
  for (const algorithm of ALGORITHMS) {
    const opened = await openSigningKey(generator(algorithm), [generated(algorithm)], partsAt(algorithm))
    assert.ok(opened.ok && opened.value !== undefined)
    const { publicJwk, kid, verificationKey } = opened.value
    assert.equal(kid, await calculateJwkThumbprint({ ...publicJwk }))
    assert.equal(publicJwk.use, 'sig')
    assert.equal(publicJwk.alg, algorithm)
    assert.equal(publicJwk.kid, kid)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) assert.ok(!(member in publicJwk), member)
    assert.equal(verificationKey.thumbprint, kid)
    assert.deepEqual([...verificationKey.algorithms], [algorithm])
    assert.equal(verificationKey.key.type, 'public')
  }
})

test('the verification key verifies what the signing key signs', () => {
  const key = toSigningKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'RS256')
  const signature = sign('sha256', Buffer.from('x'), key.privateKey)
  assert.ok(verify('sha256', Buffer.from('x'), key.verificationKey.key, signature))
})

test('a key from a PEM key store is used, with or without its certificate', async () => {
  const { key, cert } = makeCertificate('DNS:localhost')
  writeFileSync(join(root, 'pair.key'), key)
  writeFileSync(join(root, 'pair.crt'), cert)
  for (const certificate of [undefined, join(root, 'pair.crt')]) {
    const store = pem(join(root, 'pair.key'), certificate)
    const opened = await openSigningKey(generator('ES256'), [store], partsAt('pem'))
    assert.ok(opened.ok && opened.value?.publicJwk.kty === 'EC')
  }
})

test('keys that cannot sign are findings at their place, without a word of their content', async () => {
  const small = writePem('small.key', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)
  const ed = writePem('ed.key', generateKeyPairSync('ed25519').privateKey)
  const p384 = writePem('p384.key', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)
  const other = join(root, 'other.crt')
  writeFileSync(other, makeCertificate('DNS:localhost', 'ed25519').cert)
  const junk = join(root, 'junk.key')
  writeFileSync(junk, 'top-secret-junk')

  const cases: readonly [SigningAlgorithm, KeystoreSettings, string, RegExp][] = [
    ['RS256', pem(small), 'config.secret', /below 2048 bits/],
    ['RS256', pem(ed), 'config.secret', /no RSA key/],
    ['ES256', pem(p384), 'config.secret', /no P-256 key/],
    ['EdDSA', pem(p384), 'config.secret', /no Ed25519 key/],
    ['EdDSA', pem(ed, other), 'config.secret', /does not belong/],
    ['EdDSA', pem(junk), 'config.secret', /no usable private key/],
    ['EdDSA', pem(join(root, 'absent.key')), 'config.file', /cannot be read/],
    ['EdDSA', pem(ed, join(root, 'absent.crt')), 'config.file', /cannot be read/],
    ['RS256', generated('ES256'), 'config.secret', /no RSA key/],
    ['RS256', generated('RS256', 'another'), 'config.reference', /has no key/],
  ]
  for (const [algorithm, keystore, code, message] of cases) {
    const opened = await openSigningKey(generator(algorithm), [keystore], partsAt('findings'))
    assert.ok(!opened.ok)
    assert.equal(opened.error.code, code)
    assert.match(opened.error.message, message)
    assert.match(opened.error.pointer, /^\/keystores\/0/)
    assert.doesNotMatch(opened.error.message, /top-secret/)
  }
  const unknown = await openSigningKey(generator('RS256', 'elsewhere'), [generated('RS256')], partsAt('findings'))
  assert.ok(!unknown.ok && unknown.error.code === 'config.reference')
})

test('a kept key that is damaged is reported and never replaced', async () => {
  const parts = partsAt('damaged')
  await openSigningKey(generator('ES256'), [generated('ES256')], parts)
  const [file] = readdirSync(join(root, 'damaged'))
  await parts.store.write(file ?? '', 'damaged')
  const opened = await openSigningKey(generator('ES256'), [generated('ES256')], parts)
  assert.ok(!opened.ok && opened.error.code === 'config.secret')
  const kept = await parts.store.read(file ?? '')
  assert.ok(kept.ok && Buffer.from(kept.value ?? '').toString() === 'damaged')
})

test('a state directory that cannot be written is a finding', async () => {
  const file = join(root, 'file-not-folder')
  writeFileSync(file, '')
  const parts = { ...partsAt('x'), store: createStore(join(file, 'state')) }
  const opened = await openSigningKey(generator('ES256'), [generated('ES256')], parts)
  assert.ok(!opened.ok && opened.error.code === 'config.unusable')
})
