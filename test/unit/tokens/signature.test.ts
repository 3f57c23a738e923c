import assert from 'node:assert/strict'
import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { importJwks } from '../../../src/keys/jwks.ts'
import type { JwsAlgorithm } from '../../../src/keys/key-source.ts'
import { isAsymmetricAlgorithm, isHmacAlgorithm, verifySignature } from '../../../src/tokens/signature.ts'
import { readJoseVectors } from '../../support/jose-vectors.ts'
import {
  type AsymmetricName,
  createKeyUnlessRsa,
  createOpensslKey,
  createTestKey,
  signWithSecret,
} from '../../support/test-key.ts'

const ASYMMETRIC: readonly AsymmetricName[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]
const [RSA, OTHER_RSA] = [createTestKey('RS256'), createTestKey('RS256')]
const HMAC = ['HS256', 'HS384', 'HS512'] as const
const SECRET = Buffer.alloc(64, 7)

function compactOf(alg: string): string {
  return `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.e30`
}

for (const { source, alg, jwk, compact } of readJoseVectors().signed)
  test(`the example of ${source} (${alg}) verifies, and not with one octet changed`, () => {
    assert.ok(isAsymmetricAlgorithm(alg) || isHmacAlgorithm(alg))
    const key =
      jwk['kty'] === 'oct'
        ? createSecretKey(Buffer.from(jwk['k'] ?? '', 'base64url'))
        : (importJwks({ keys: [jwk] }).keys[0]?.key as KeyObject)
    assert.ok(verifySignature(alg, key, compact.join('.')))
    const [header, payload = '', signature] = compact
    const changed = `${payload.slice(0, 9)}${payload[9] === 'A' ? 'B' : 'A'}${payload.slice(10)}`
    assert.ok(!verifySignature(alg, key, `${header}.${changed}.${signature}`))
  })

for (const alg of ASYMMETRIC)
  test(`BCP-01: what jose signs with ${alg} verifies with that key and algorithm only`, async () => {
    const [key, other] = [createKeyUnlessRsa(alg, RSA), createKeyUnlessRsa(alg, OTHER_RSA)]
    const compact = await key.sign({ sub: 'a' })
    for (const candidate of ASYMMETRIC)
      assert.equal(verifySignature(candidate, key.publicKey, compact), candidate === alg, candidate)
    for (const candidate of HMAC) assert.ok(!verifySignature(candidate, key.publicKey, compact))
    assert.ok(!verifySignature(alg, other.publicKey, compact))
  })

for (const alg of ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const)
  test(`a key that openssl made verifies ${alg}`, async () => {
    const key = createOpensslKey(alg)
    assert.ok(verifySignature(alg, key.publicKey, await key.sign({ sub: 'a' })))
  })

for (const alg of HMAC)
  test(`what jose signs with ${alg} verifies with that secret and algorithm only`, async () => {
    const compact = await signWithSecret({ sub: 'a' }, SECRET, { alg })
    for (const candidate of HMAC)
      assert.equal(verifySignature(candidate, createSecretKey(SECRET), compact), candidate === alg)
    assert.ok(!verifySignature(alg, createSecretKey(Buffer.alloc(64, 8)), compact))
    assert.ok(!verifySignature('RS256', createSecretKey(SECRET), compact))
  })

test('CVE-2016-10555: a public key is no HMAC secret, in any encoding', () => {
  const { publicKey } = RSA
  const signed = compactOf('HS256')
  for (const secret of [
    publicKey.export({ format: 'pem', type: 'spki' }),
    publicKey.export({ format: 'der', type: 'spki' }),
    publicKey.export({ format: 'pem', type: 'pkcs1' }),
    JSON.stringify(publicKey.export({ format: 'jwk' })),
  ]) {
    const mac = createHmac('sha256', secret).update(signed).digest('base64url')
    assert.ok(!verifySignature('HS256', publicKey, `${signed}.${mac}`))
  }
})

test('JWA-03: a PSS signature whose salt is not as long as the hash is refused', () => {
  const { privateKey, publicKey } = createTestKey('PS256')
  const signed = compactOf('PS256')
  for (const [saltLength, good] of [
    [32, true],
    [0, false],
    [20, false],
    [64, false],
  ] as const) {
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, padding: 6, saltLength })
    assert.equal(
      verifySignature('PS256', publicKey, `${signed}.${signature.toString('base64url')}`),
      good,
      String(saltLength),
    )
  }
})

test('JWA-04, CVE-2022-21449: an ECDSA signature is R and S of exact length; DER, zeros and other lengths are refused', () => {
  const { privateKey, publicKey } = createTestKey('ES256')
  const signed = compactOf('ES256')
  const good = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const der = sign('sha256', Buffer.from(signed), { key: privateKey })
  const isValid = (signature: Buffer) =>
    verifySignature('ES256', publicKey, `${signed}.${signature.toString('base64url')}`)
  assert.ok(isValid(good))
  for (const bad of [
    der,
    Buffer.alloc(64),
    Buffer.alloc(64, 255),
    Buffer.concat([Buffer.alloc(32), good.subarray(32)]),
    Buffer.concat([good.subarray(0, 32), Buffer.alloc(32)]),
    Buffer.concat([Buffer.alloc(1), good.subarray(0, 32), Buffer.alloc(1), good.subarray(32)]),
    good.subarray(0, 63),
    Buffer.concat([good, Buffer.alloc(1)]),
    Buffer.alloc(100_000, 1),
    Buffer.alloc(0),
  ])
    assert.ok(!isValid(bad))
})

test('an Ed448 key verifies EdDSA', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed448')
  const signed = compactOf('EdDSA')
  const signature = sign(null, Buffer.from(signed), privateKey).toString('base64url')
  assert.ok(verifySignature('EdDSA', publicKey, `${signed}.${signature}`))
  assert.ok(!verifySignature('EdDSA', publicKey, `${signed}.${signature.slice(0, 86)}`))
})

test('an empty or short signature is refused by every algorithm', () => {
  const keys = new Map<JwsAlgorithm, KeyObject>(ASYMMETRIC.map(alg => [alg, createKeyUnlessRsa(alg, RSA).publicKey]))
  for (const alg of HMAC) keys.set(alg, createSecretKey(SECRET))
  for (const [alg, key] of keys)
    for (const signature of ['', 'AA', 'AAAA'])
      assert.ok(!verifySignature(alg, key, `${compactOf(alg)}.${signature}`), alg)
})

test('BCP-01: algorithm names are exact, and none is none', () => {
  for (const alg of ASYMMETRIC) assert.ok(isAsymmetricAlgorithm(alg) && !isHmacAlgorithm(alg))
  for (const alg of HMAC) assert.ok(isHmacAlgorithm(alg) && !isAsymmetricAlgorithm(alg))
  for (const alg of [
    'none',
    'None',
    'NONE',
    'noNE',
    '',
    'rs256',
    'RS256 ',
    'hs256',
    'RS1',
    'ES256K',
    '__proto__',
    'constructor',
  ])
    assert.ok(!isAsymmetricAlgorithm(alg) && !isHmacAlgorithm(alg), alg)
})
