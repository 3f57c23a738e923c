import type { Clock } from '../clock/clock.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { AsymmetricAlgorithm } from '../settings/model.ts'
import { audienceOf } from '../tokens/claims.ts'
import { decodeJwt } from '../tokens/decode.ts'
import type { JsonObject, JsonValue, UnverifiedJwt } from '../tokens/jwt.ts'
import { isAsymmetricAlgorithm, verifySignature } from '../tokens/signature.ts'

/** Media type of a signed answer (RFC 9701 section 5); also, without `application/`, its `typ`. */
export const SIGNED_ANSWER = 'application/token-introspection+jwt'
/** How old a signed answer may be, beside the skew: it was made for the question that it answers. */
const MOST_AGE_SECONDS = 60

/** Whose signed answers are believed. */
export interface SignedAnswerRules {
  /** Undefined: the auth server has no issuer, so no signed answer of it can be right. */
  readonly issuer: string | undefined
  readonly clientId: string | undefined
  readonly keys: KeySource
  /** Undefined: every asymmetric algorithm that fits the key. */
  readonly algorithms: ReadonlySet<AsymmetricAlgorithm> | undefined
  readonly clockSkewSeconds: number
  readonly maxBytes: number
}

export interface SignedAnswerReader {
  /** Returns the members of `token_introspection`, or a few words why the answer is not believed. Never rejects. */
  read(body: Uint8Array): Promise<JsonObject | string>
}

/** Tells whether a `Content-Type` is that of a signed answer. */
export function isSignedAnswer(contentType: string | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === SIGNED_ANSWER
}

/** Creates what verifies signed answers: type, issuer, audience, age, and a signature by a key of the auth server (RFC 9701 section 5). */
export function createSignedAnswerReader(rules: SignedAnswerRules, clock: Pick<Clock, 'now'>): SignedAnswerReader {
  return {
    async read(body) {
      const decoded = decodeJwt(Buffer.from(body).toString('latin1').trim(), rules.maxBytes)
      if (!decoded.ok) return 'signed answer malformed'
      const jwt = decoded.value
      const fault =
        judgeHeader(jwt, rules) ?? (await judgeSignature(jwt, rules)) ?? judgeClaims(jwt, rules, clock.now())
      if (fault !== undefined) return fault
      const answer = jwt.unverifiedClaims['token_introspection']
      return isObject(answer) ? answer : 'signed answer without token_introspection'
    },
  }
}

function judgeHeader({ header, issuer }: UnverifiedJwt, rules: SignedAnswerRules): string | undefined {
  const type = header.typ?.toLowerCase()
  if (type !== 'token-introspection+jwt' && type !== SIGNED_ANSWER) return 'signed answer of another type'
  if (rules.issuer === undefined || issuer !== rules.issuer) return 'signed answer of another issuer'
  return undefined
}

async function judgeSignature(
  jwt: UnverifiedJwt,
  { keys, algorithms }: SignedAnswerRules,
): Promise<string | undefined> {
  const { alg, kid } = jwt.header
  if (!isAsymmetricAlgorithm(alg) || algorithms?.has(alg) === false) return 'signed answer with another algorithm'
  const candidates = await keys.candidates(alg, kid)
  if (!candidates.ok) return 'no keys for the signed answer'
  const isSigned = candidates.value.some(
    key => !key.retired && key.algorithms.has(alg) && verifySignature(alg, key.key, jwt.compact),
  )
  return isSigned ? undefined : 'signed answer with a bad signature'
}

function judgeClaims(jwt: UnverifiedJwt, rules: SignedAnswerRules, nowMs: number): string | undefined {
  const { aud, iat } = jwt.unverifiedClaims
  const audience = aud === undefined ? undefined : audienceOf(aud)
  if (rules.clientId === undefined || audience?.includes(rules.clientId) !== true)
    return 'signed answer for another client'
  const age = typeof iat === 'number' ? nowMs / 1000 - iat : Number.NaN
  const isFresh = age >= -rules.clockSkewSeconds && age <= MOST_AGE_SECONDS + rules.clockSkewSeconds
  return isFresh ? undefined : 'signed answer of another time'
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
