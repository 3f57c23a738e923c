/**
 * DPoP proofs (RFC 9449 section 4): a JWT of the caller's own, made for one request, that shows that the caller holds the key that a
 * token is bound to. Nothing of it identifies anybody: the key in its header is only as good as the thumbprint in the token.
 */
import { hash } from 'node:crypto'
import { deny, ok, type Result } from '../errors/denial.ts'
import { importJwks } from '../keys/jwks.ts'
import type { KeyMaterial } from '../keys/verification-key.ts'
import type { AsymmetricAlgorithm } from '../settings/model.ts'
import { type DecodedParts, decodeParts } from './decode.ts'
import type { JsonObject } from './jwt.ts'
import { isAsymmetricAlgorithm, verifySignature } from './signature.ts'

/** What a proof must be made for. */
export interface ProofExpectation {
  readonly method: string
  /** Tells whether an `htu` is the public address of the request. */
  readonly isTarget: (htu: string) => boolean
  /** The access token that came with it. */
  readonly token: string
  /** `cnf.jkt` of the token. */
  readonly jkt: string
  readonly algorithms: ReadonlySet<AsymmetricAlgorithm>
  readonly freshness: ProofFreshness
}

/** When a proof is too old, or too young. */
export interface ProofFreshness {
  /** When the request came, in milliseconds since the epoch: one that is judged again is no older for its proof. */
  readonly nowMs: number
  readonly maxAgeSeconds: number
  /** Judges the nonce; undefined where none is asked for. */
  readonly isNonce: ((nonce: string) => boolean) | undefined
}

/** A proof that holds. */
export interface DpopProof {
  readonly jti: string
  /** First moment, in milliseconds since the epoch, at which it is too old and need not be remembered. */
  readonly overAtMs: number
}

/** An RSA key of 16384 bits and its signature fit. */
const MOST_PROOF_OCTETS = 8_192
/** What clocks of callers may be ahead or behind, in seconds. */
const PROOF_SKEW_SECONDS = 30

/**
 * Verifies a proof (RFC 9449 section 4.3): form, type, algorithm, public key, that it is the token's, signature, method, target, token,
 * age, nonce. The key is compared before the signature, as checking one with a key of the caller's choice is dear. That the proof was not
 * used before is the caller's to ask, last. The code is `dpop.invalid`, `dpop.nonce_needed` where all but the nonce is right, or
 * `token.binding_mismatch`.
 */
export function verifyProof(compact: string, expected: ProofExpectation): Result<DpopProof> {
  const decoded = decodeParts(compact, MOST_PROOF_OCTETS)
  if (!decoded.ok) return invalid(`form: ${decoded.error.facts?.['reason'] ?? decoded.error.code}`)
  const { claims } = decoded.value
  const signer = findSigner(compact, decoded.value, expected)
  if (!signer.ok) return signer
  if (claims['htm'] !== expected.method) return invalid('htm')
  const { htu, jti, ath } = claims
  if (typeof htu !== 'string' || !expected.isTarget(htu)) return invalid('htu')
  if (typeof jti !== 'string' || jti === '') return invalid('jti')
  if (ath !== hash('sha256', expected.token, 'base64url')) return invalid('ath')
  const over = judgeFreshness(claims, expected.freshness)
  return over.ok ? ok({ jti, overAtMs: over.value }) : over
}

/** The key of the header, which is the token's and bound to its algorithm, once it has verified the signature. */
function findSigner(
  compact: string,
  { jose, header }: DecodedParts,
  { algorithms, jkt }: Pick<ProofExpectation, 'algorithms' | 'jkt'>,
): Result<KeyMaterial> {
  // RFC 8725 section 3.11: exactly this kind of JWT, so that no token of another kind can pass for a proof.
  if (jose.typ !== 'dpop+jwt') return invalid('typ')
  const { alg } = jose
  if (!isAsymmetricAlgorithm(alg) || !algorithms.has(alg)) return invalid('alg')
  const { keys, dropped } = importJwks({ keys: [header['jwk']] })
  const [key] = keys
  if (key === undefined) return invalid(`jwk: ${dropped[0]?.reason ?? 'none'}`)
  if (key.thumbprint !== jkt) return deny('token.binding_mismatch', { reason: 'jkt' })
  if (!key.algorithms.has(alg) || !verifySignature(alg, key.key, compact)) return invalid('signature')
  return ok(key)
}

function judgeFreshness(claims: JsonObject, freshness: ProofFreshness): Result<number> {
  const { iat, exp, nbf, nonce } = claims
  const nowSeconds = freshness.nowMs / 1000
  if (!isSeconds(iat) || iat > nowSeconds + PROOF_SKEW_SECONDS) return invalid('iat')
  const overAt = iat + freshness.maxAgeSeconds + PROOF_SKEW_SECONDS
  if (overAt <= nowSeconds) return invalid('iat')
  // RFC 9449 asks for neither, RFC 7519 sections 4.1.4 and 4.1.5 say what they mean where they stand.
  if (exp !== undefined && !(isSeconds(exp) && exp + PROOF_SKEW_SECONDS > nowSeconds)) return invalid('exp')
  if (nbf !== undefined && !(isSeconds(nbf) && nbf <= nowSeconds + PROOF_SKEW_SECONDS)) return invalid('nbf')
  if (freshness.isNonce !== undefined && !(typeof nonce === 'string' && freshness.isNonce(nonce)))
    return deny('dpop.nonce_needed', { reason: nonce === undefined ? 'no nonce' : 'nonce not known' })
  return ok(overAt * 1000)
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function invalid(reason: string): ReturnType<typeof deny> {
  return deny('dpop.invalid', { reason })
}
