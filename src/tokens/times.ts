import type { NumericDate } from '../clock/clock.ts'
import { deny, ok, type Result } from '../errors/denial.ts'
import type { JsonObject } from './jwt.ts'

export interface TimeRules {
  /** Leeway for `exp`, `nbf` and `iat`, in seconds. */
  readonly clockSkewSeconds: number
  /** A token without `exp` is refused. */
  readonly requireExp: boolean
}

/** When a token is valid, in milliseconds since the epoch, the leeway included. */
export interface Validity {
  /** First moment at which it is valid; -Infinity without `nbf` and `iat`. */
  readonly notBeforeMs: number
  /** First moment at which it is expired; Infinity without `exp`. */
  readonly expiresAtMs: number
}

/**
 * Reads `exp`, `nbf` and `iat` (RFC 7519 sections 4.1.4 to 4.1.6). Each must be a finite JSON number where it is present;
 * a token is not valid before it was issued (product.md 3).
 */
export function readValidity(claims: JsonObject, rules: TimeRules): Result<Validity> {
  const exp = readNumericDate(claims, 'exp')
  if (!exp.ok) return exp
  if (exp.value === undefined && rules.requireExp) return deny('token.claim_missing', { claim: 'exp' })
  const nbf = readNumericDate(claims, 'nbf')
  if (!nbf.ok) return nbf
  const iat = readNumericDate(claims, 'iat')
  if (!iat.ok) return iat
  const start = Math.max(nbf.value ?? Number.NEGATIVE_INFINITY, iat.value ?? Number.NEGATIVE_INFINITY)
  return ok({
    notBeforeMs: (start - rules.clockSkewSeconds) * 1000,
    expiresAtMs: ((exp.value ?? Number.POSITIVE_INFINITY) + rules.clockSkewSeconds) * 1000,
  })
}

/** Refuses a token outside its validity; undefined where it is valid. At `exp` it is expired, at `nbf` it is valid. */
export function judgeTime(validity: Validity, nowMs: number): ReturnType<typeof deny> | undefined {
  if (nowMs >= validity.expiresAtMs)
    return deny('token.expired', { sinceSeconds: Math.floor((nowMs - validity.expiresAtMs) / 1000) })
  if (nowMs < validity.notBeforeMs)
    return deny('token.not_yet_valid', { inSeconds: Math.ceil((validity.notBeforeMs - nowMs) / 1000) })
  return undefined
}

/** Reads one NumericDate claim: undefined where it is absent, `token.claim_invalid` where it is anything but a number. */
function readNumericDate(claims: JsonObject, name: string): Result<NumericDate | undefined> {
  const value = claims[name]
  if (value === undefined) return ok(undefined)
  // The parser admits finite numbers only, so the type is all there is to check.
  return typeof value === 'number' ? ok(value as NumericDate) : deny('token.claim_invalid', { claim: name })
}
