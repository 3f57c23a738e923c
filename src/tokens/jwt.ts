/**
 * A JSON Web Token (RFC 7519) and what is known about it. The state of a token is in its type:
 * unverified claims may choose a key and nothing else, so only `VerifiedJwt` is accepted wherever a claim has an effect.
 */
import type { VerificationKey } from '../keys/key-source.ts'

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
/** A JSON object without prototype and without duplicate names. */
export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** The JOSE header parameters that are read; all others are ignored, except `crit` which is refused. */
export interface JoseHeader {
  readonly alg: string
  readonly kid: string | undefined
  readonly typ: string | undefined
}

/** A JWT in strict compact form, decoded and nothing more. */
export interface UnverifiedJwt {
  readonly state: 'unverified'
  /** The compact serialization as received. Never logged. */
  readonly compact: string
  readonly header: JoseHeader
  /** Unverified: may choose a key and nothing else. */
  readonly unverifiedClaims: JsonObject
  readonly issuer: string | undefined
}

/** A JWT whose signature, issuer and times were found right. */
export interface VerifiedJwt {
  readonly state: 'verified'
  readonly header: JoseHeader
  readonly claims: JsonObject
  readonly issuer: string
  /** Name of the auth server whose key verified it. */
  readonly authServer: string
  readonly key: VerificationKey
  /** Id of the application whose strategy holds the HMAC key: the token then identifies only that one. */
  readonly keyOwner: string | undefined
  /** Audience of that strategy. */
  readonly strategyAudience: string | undefined
  /** `aud` as a list; undefined where the claim is absent. */
  readonly audience: readonly string[] | undefined
  /** First moment, in milliseconds since the epoch, at which it is expired (skew included); Infinity without `exp`. */
  readonly expiresAtMs: number
  /** First moment, in milliseconds since the epoch, at which it is valid (skew included); -Infinity without `nbf`. */
  readonly notBeforeMs: number
}
