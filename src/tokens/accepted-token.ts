import type { JsonObject, VerifiedJwt } from './jwt.ts'

/** A token that its auth server says is active (RFC 7662 section 2.2). Only `introspection` makes one. */
export interface IntrospectedToken {
  readonly state: 'introspected'
  /** The members of the answer. */
  readonly claims: JsonObject
  /** Issuer of the auth server, else what the answer says; undefined where neither is known. */
  readonly issuer: string | undefined
  /** Name of the auth server that vouches for the claims. */
  readonly authServer: string
  /** An introspected token has no key of an application's strategy. */
  readonly keyOwner: undefined
  readonly strategyAudience: undefined
  /** `aud` as a list; undefined where the claim is absent. */
  readonly audience: readonly string[] | undefined
  /** First moment, in milliseconds since the epoch, at which it is expired (skew included); Infinity without `exp`. */
  readonly expiresAtMs: number
  /** First moment, in milliseconds since the epoch, at which it is valid (skew included); -Infinity without `nbf`. */
  readonly notBeforeMs: number
}

/**
 * A token whose claims count: a JWT that was verified, or what the introspection endpoint of its auth server says of a token.
 * Unverified claims have another shape, so they are accepted nowhere that this is wanted.
 */
export type AcceptedToken = VerifiedJwt | IntrospectedToken
