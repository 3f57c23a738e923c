import assert from 'node:assert/strict'
import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { importJwks } from '../../../src/keys/jwks.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { readJoseVectors } from '../../support/jose-vectors.ts'
import { type AsymmetricName, createTestKey } from '../../support/test-key.ts'

const RSA = createTestKey('RS256', { kid: 'rsa' })
const EC = createTestKey('ES256', { kid: 'ec' })
const { n, e } = RSA.jwk
const { x, y } = EC.jwk

function reasonsOf(...jwks: readonly unknown[]): readonly (string | undefined)[] {
  return importJwks({ keys: jwks }).dropped.map(({ reason }) => reason)
}

test('JWK-01: the keys of a set are imported with kid and algorithms; unknown members are ignored', () => {
  const { keys, dropped } = importJwks({ keys: [{ ...RSA.jwk, x5c: 7, color: 'red' }, EC.jwk], owner: {} })
  assert.deepEqual(dropped, [])
  assert.deepEqual(
    keys.map(key => [key.kid, [...key.algorithms]]),
    [
      ['rsa', ['RS256']],
      ['ec', ['ES256']],
    ],
  )
})

test('JWK-06: a key that is only in a certificate is imported from it', () => {
  const { cert } = makeCertificate('DNS:idp')
  const der = new X509Certificate(cert).raw.toString('base64')
  const { keys, dropped } = importJwks({ keys: [{ kty: 'EC', kid: 'c', use: 'sig', x5c: [der, 'ignored'] }] })
  assert.deepEqual(dropped, [])
  assert.deepEqual([keys[0]?.kid, [...(keys[0]?.algorithms ?? [])]], ['c', ['ES256']])
  assert.ok(keys[0]?.key.equals(new X509Certificate(cert).publicKey))
})

test('JWK-06: a certificate beside the members of a key must hold that key', () => {
  const { cert, key } = makeCertificate('DNS:idp')
  const der = new X509Certificate(cert).raw
  const own = createPublicKey(key).export({ format: 'jwk' })
  assert.equal(importJwks({ keys: [{ ...own, x5c: [der.toString('base64')] }] }).keys.length, 1)
  assert.equal(importJwks({ keys: [{ ...own, x5c: [] }] }).keys.length, 1)
  assert.deepEqual(
    reasonsOf(
      { ...EC.jwk, x5c: [der.toString('base64')] },
      { kty: 'RSA', x5c: [der.toString('base64')] },
      { ...own, x5c: [der.toString('base64url')] },
      { ...own, x5c: [7] },
      { ...own, x5c: [Buffer.from('no certificate').toString('base64')] },
      { ...own, x5c: [''] },
    ),
    [
      'certificate of another key',
      'certificate of another type',
      'malformed certificate',
      'malformed certificate',
      'malformed certificate',
      'malformed certificate',
    ],
  )
})

test('JWK-09: thumbprints are those of RFC 7638, as jose computes them', async () => {
  for (const alg of ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const satisfies readonly AsymmetricName[]) {
    const { jwk } = createTestKey(alg)
    assert.equal(importJwks({ keys: [jwk] }).keys[0]?.thumbprint, await calculateJwkThumbprint(jwk as JWK))
  }
  const { x: published, thumbprint, source } = readJoseVectors().thumbprint
  const [key] = importJwks({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: published }] }).keys
  assert.equal(key?.thumbprint, thumbprint, source)
})

test('the thumbprint is one of the key, however its numbers are written', () => {
  const padded = Buffer.concat([Buffer.alloc(1), Buffer.from(String(n), 'base64url')]).toString('base64url')
  const { keys, dropped } = importJwks({ keys: [RSA.jwk, { ...RSA.jwk, n: padded }] })
  assert.equal(keys.length, 1)
  assert.deepEqual(dropped, [{ index: 1, reason: 'duplicate' }])
})

test('JWK-02: each bad key is dropped by itself, and the good ones stay', () => {
  const bad = [
    null,
    7,
    'key',
    [],
    {},
    { kty: 'RSA' },
    { kty: 'RSA', n, e: 7 },
    { kty: 'RSA', n, e: '' },
    { kty: 'RSA', n: '', e },
    { kty: 'EC', crv: 'P-256', x },
    { kty: 'EC', crv: 'P-999', x, y },
    { kty: 'EC', crv: 'P-256', x, y: x },
    { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' },
    { kty: 'OKP', crv: 'X25519', x: 'hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo' },
    { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' },
    { kty: '__proto__', n, e },
    { ...RSA.jwk, kid: 7 },
    { ...RSA.jwk, use: 'enc' },
    { ...RSA.jwk, alg: 'RSA-OAEP-256' },
    { ...EC.jwk, alg: 'ES384' },
  ]
  const { keys, dropped } = importJwks({ keys: [RSA.jwk, ...bad, EC.jwk] })
  assert.deepEqual(
    keys.map(key => key.kid),
    ['rsa', 'ec'],
  )
  assert.equal(dropped.length, bad.length)
})

test('JWK-08: private and shared keys in a set are refused', () => {
  const privateJwk = { ...RSA.privateKey.export({ format: 'jwk' }), kid: 'rsa' }
  assert.deepEqual(reasonsOf(privateJwk, { kty: 'oct', k: 'c2VjcmV0' }, { ...RSA.jwk, d: '' }), [
    'private key',
    'shared secret',
    'private key',
  ])
})

test('JWA-02: a weak RSA key is dropped', () => {
  assert.deepEqual(reasonsOf(createTestKey('RS256', { modulusLength: 1024 }).jwk), ['rsa key below 2048 bits'])
})

test('JWK-05: one kid may name several keys; the same key twice is a duplicate', () => {
  const twin = createTestKey('RS256', { kid: 'rsa' })
  const { keys, dropped } = importJwks({
    keys: [RSA.jwk, twin.jwk, { ...EC.jwk, kid: 'rsa' }, { ...RSA.jwk, x5t: 'a' }],
  })
  assert.equal(keys.length, 3)
  assert.deepEqual(dropped, [{ index: 3, reason: 'duplicate' }])
})

test('the product’s key set with alg RSA verifies any RS algorithm', () => {
  const [key] = importJwks({ keys: [{ kty: 'RSA', e, use: 'sig', kid: 'ssos', alg: 'RSA', n }] }).keys
  assert.deepEqual([...(key?.algorithms ?? [])], ['RS256', 'RS384', 'RS512'])
})

test('what is no key set has no keys and one reason', () => {
  for (const document of [null, undefined, 7, 'keys', [], [RSA.jwk], {}, { keys: {} }, { keys: null }, { Keys: [] }])
    assert.deepEqual(importJwks(document), { keys: [], dropped: [{ index: undefined, reason: 'not a key set' }] })
})

test('a set with more keys than any issuer has is cut', () => {
  const many = Array.from({ length: 400 }, (_, index) => ({
    ...EC.jwk,
    kid: createHash('md5').update(`${index}`).digest('hex'),
  }))
  const { keys, dropped } = importJwks({ keys: many })
  assert.equal(keys.length, 256)
  assert.deepEqual(dropped, [{ index: 256, reason: 'too many keys' }])
})
