import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { algorithmsForKey, type KeyHints } from '../../../src/keys/algorithms-for-key.ts'

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
const RS = ['RS256', 'RS384', 'RS512']
const PS = ['PS256', 'PS384', 'PS512']

function algorithmsOf(key: KeyObject, hints?: KeyHints): readonly string[] | string {
  const result = algorithmsForKey(key, hints)
  return result.ok ? [...result.value] : result.error
}

test('BCP-02, JWA-04: type and curve of a key decide what it verifies', () => {
  assert.deepEqual(algorithmsOf(RSA), [...RS, ...PS])
  for (const [namedCurve, alg] of [
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
  ] as const)
    assert.deepEqual(algorithmsOf(generateKeyPairSync('ec', { namedCurve }).publicKey), [alg])
  assert.deepEqual(algorithmsOf(generateKeyPairSync('ed25519').publicKey), ['EdDSA'])
  assert.deepEqual(algorithmsOf(generateKeyPairSync('ed448').publicKey), ['EdDSA'])
})

test('keys of other types, private and shared keys verify nothing', () => {
  assert.equal(algorithmsOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey), 'key type not supported')
  assert.equal(algorithmsOf(generateKeyPairSync('x25519').publicKey), 'key type not supported')
  assert.equal(algorithmsOf(generateKeyPairSync('ed25519').privateKey), 'not a public key')
})

test('an RSASSA-PSS key verifies PS only, and only the hash of its parameters', () => {
  assert.deepEqual(algorithmsOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey), PS)
  const restricted = { modulusLength: 2048, hashAlgorithm: 'sha384', mgf1HashAlgorithm: 'sha384' }
  assert.deepEqual(algorithmsOf(generateKeyPairSync('rsa-pss', restricted).publicKey), ['PS384'])
})

test('JWA-02: an RSA key below 2048 bits is refused', () => {
  assert.equal(algorithmsOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), 'rsa key below 2048 bits')
  assert.equal(algorithmsOf(generateKeyPairSync('rsa', { modulusLength: 2040 }).publicKey), 'rsa key below 2048 bits')
})

test('JWK-04: alg narrows a key to one algorithm; RSA means any RS algorithm', () => {
  assert.deepEqual(algorithmsOf(RSA, { alg: 'PS384' }), ['PS384'])
  assert.deepEqual(algorithmsOf(RSA, { alg: 'RSA' }), RS)
  const ed25519 = generateKeyPairSync('ed25519').publicKey
  for (const alg of ['EdDSA', 'Ed25519']) assert.deepEqual(algorithmsOf(ed25519, { alg }), ['EdDSA'])
  for (const alg of ['ES256', 'RSA-OAEP', 'HS256', 'none', 'rs256', '', 7, null])
    assert.equal(algorithmsOf(RSA, { alg }), 'algorithm does not fit the key', String(alg))
  for (const alg of ['Ed448', 'ed25519', 'RSA'])
    assert.equal(algorithmsOf(ed25519, { alg }), 'algorithm does not fit the key')
})

test('JWK-03, JWK-04: keys for encryption, or that must not verify, are no candidates', () => {
  assert.deepEqual(algorithmsOf(RSA, { use: 'sig', keyOps: ['verify'], alg: 'RS256' }), ['RS256'])
  for (const use of ['enc', 'SIG', '', 7, null]) assert.equal(algorithmsOf(RSA, { use }), 'not for signatures')
  for (const keyOps of [[], ['sign'], ['encrypt'], 'verify', null, {}])
    assert.equal(algorithmsOf(RSA, { keyOps }), 'not for verification')
})
