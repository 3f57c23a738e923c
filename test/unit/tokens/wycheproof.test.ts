/**
 * The vectors of Project Wycheproof (https://github.com/C2SP/wycheproof, Apache-2.0; the files under `test/data` say which). The
 * verdict equals the vector's result or is stricter for a reason that stands here, and every vector is counted.
 *
 * Their payloads are no claims sets, so the verifier as a whole refuses all of them; what judges here is everything before the claims:
 * form, header, the choice of key, the signature.
 */
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { describe, test } from 'node:test'
import { algorithmsForKey } from '../../../src/keys/algorithms-for-key.ts'
import { importJwks } from '../../../src/keys/jwks.ts'
import type { JwsAlgorithm, VerificationKey } from '../../../src/keys/key-source.ts'
import { selectKeys } from '../../../src/keys/select.ts'
import { createSharedSecretKey } from '../../../src/keys/shared-secret.ts'
import { createVerificationKey } from '../../../src/keys/verification-key.ts'
import { decodeBase64url } from '../../../src/tokens/base64url.ts'
import { decodeJwt } from '../../../src/tokens/decode.ts'
import { isAsymmetricAlgorithm, isHmacAlgorithm, verifySignature } from '../../../src/tokens/signature.ts'
import { type JwsVector, readJwsVectors, readSignatureSuites, type SignatureVector } from '../../support/wycheproof.ts'

const MOST_BYTES = 8192
/** `{}` in base64url. */
const EMPTY_CLAIMS = 'e30'

/** The keys of a vector as the gateway would hold them: a key set, and shared secrets each with its one algorithm. */
function holdKeys(jwks: JwsVector['keys']): readonly VerificationKey[] {
  return [...publishedKeys(jwks), ...jwks.flatMap(holdSecret)]
}

function holdSecret(jwk: Readonly<Record<string, unknown>>): readonly VerificationKey[] {
  const { kty, alg, k } = jwk
  if (kty !== 'oct' || typeof alg !== 'string' || typeof k !== 'string' || !isHmacAlgorithm(alg)) return []
  const octets = Buffer.from(k, 'base64url')
  try {
    return [createSharedSecretKey(octets, alg)]
  } catch (error) {
    assert.ok(error instanceof RangeError)
    return []
  }
}

/** Only what a key set that is published gives. */
function publishedKeys(jwks: JwsVector['keys']): readonly VerificationKey[] {
  return importJwks({ keys: jwks }).keys.map(material => createVerificationKey(material))
}

/** Judges all of a JWS but its claims. */
function isAccepted(jws: string, keys: readonly VerificationKey[]): boolean {
  const parts = jws.split('.')
  const [header = '', payload = '', signature = ''] = parts
  if (parts.length !== 3 || decodeBase64url(payload) === undefined) return false
  const decoded = decodeJwt(`${header}.${EMPTY_CLAIMS}.${signature}`, MOST_BYTES)
  if (!decoded.ok) return false
  const { alg, kid } = decoded.value.header
  const isHmac = isHmacAlgorithm(alg)
  if (!isHmac && !isAsymmetricAlgorithm(alg)) return false
  // The key of a strategy belongs to its application, whatever `kid` a token names.
  return selectKeys(keys, alg, kid, isHmac).some(({ key }) => verifySignature(alg, key, jws))
}

type Judgement = 'as told' | 'stricter' | 'laxer'

/** Ids of the vectors by how the verdict on them compares with their result. */
function judgeAll(
  vectors: readonly JwsVector[],
  hold: (jwks: JwsVector['keys']) => readonly VerificationKey[],
): Readonly<Record<Judgement, readonly number[]>> {
  const found: Record<Judgement, number[]> = { 'as told': [], stricter: [], laxer: [] }
  for (const { id, result, jws, keys } of vectors) {
    const accepted = isAccepted(jws, hold(keys))
    found[accepted === (result === 'valid') ? 'as told' : accepted ? 'laxer' : 'stricter'].push(id)
  }
  return found
}

/** The message stands where header and payload would: the octets before the last dot are what is signed. */
function isValidSignature(alg: JwsAlgorithm, { spki, message, signature }: SignatureVector): boolean {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const fitting = algorithmsForKey(key)
  const compact = `${message.toString('latin1')}.${signature}`
  return fitting.ok && fitting.value.has(alg) && verifySignature(alg, key, compact)
}

/** Vectors whose verdict is stricter than their result, and why. */
const STRICTER_SIGNATURES: ReadonlyMap<string, readonly number[]> = new Map([
  ['the key says PS256 and the token PS384: a key serves the algorithm that it names', [346, 350]],
  ['the key says ES521, which is no algorithm (RFC 7518 section 3.1)', [347, 351]],
  ['a question mark is not base64url (RFC 7515 section 2)', [372, 373]],
])
const STRICTER_KEYS: ReadonlyMap<string, readonly number[]> = new Map([
  ['a shared secret in a key set is none: secrets belong to the strategies of applications', [2, 13, 14, 15]],
])
/** Called invalid by their authors, but letter for letter the vector before them that is valid. */
const COPIES_OF_A_VALID_ONE = [367, 370]

function idsOf(reasons: ReadonlyMap<string, readonly number[]>): readonly number[] {
  return [...reasons.values()].flat().sort((a, b) => a - b)
}

describe("Wycheproof's vectors", () => {
  test('for JSON Web Signature are judged as told, or more strictly for a known reason', () => {
    const vectors = readJwsVectors('signature')
    const found = judgeAll(vectors, holdKeys)
    assert.deepEqual(found.stricter, idsOf(STRICTER_SIGNATURES))
    assert.deepEqual(found.laxer, COPIES_OF_A_VALID_ONE)
    const valid = vectors.find(({ id }) => id === 357)
    assert.equal(valid?.result, 'valid')
    for (const { id, jws } of vectors) if (COPIES_OF_A_VALID_ONE.includes(id)) assert.equal(jws, valid.jws)
    assert.equal(found['as told'].length, 401 - 6 - 2)
  })

  test('for JSON Web Key, as a published key set, are judged as told, or more strictly for a known reason', () => {
    const found = judgeAll(readJwsVectors('key'), publishedKeys)
    assert.deepEqual(found.laxer, [])
    assert.deepEqual(found.stricter, idsOf(STRICTER_KEYS))
    assert.equal(found['as told'].length, 26 - 4)
  })

  test('for JSON Web Key with one shared secret, held by a strategy, are judged as told', () => {
    const vectors = readJwsVectors('key').filter(({ keys }) => keys.length === 1 && keys[0]?.['kty'] === 'oct')
    const found = judgeAll(vectors, holdKeys)
    assert.deepEqual(found['as told'], [10, 11, 12, 13, 14, 15, 16, 17, 18, 25, 26])
    assert.equal(found['as told'].length, vectors.length)
  })

  const counts: Readonly<Record<string, number>> = {
    ecdsa_secp256r1_sha256_p1363: 262,
    ecdsa_secp384r1_sha384_p1363: 280,
    ecdsa_secp521r1_sha512_p1363: 318,
    ed25519: 151,
    ed448: 87,
    rsa_pss_2048_sha256_mgf1_32: 108,
    rsa_pss_2048_sha384_mgf1_48: 141,
  }
  for (const { file, alg, vectors } of readSignatureSuites()) {
    test(`of ${file} are judged as told under ${alg}`, () => {
      assert.equal(vectors.length, counts[file])
      for (const vector of vectors)
        assert.equal(vector.result === 'valid', isValidSignature(alg as JwsAlgorithm, vector), `vector ${vector.id}`)
    })
  }
})
