/** Different claims that the entries of one deny list may name: each costs every token a look. */
export const MOST_CLAIMS = 16

/** Tokens of one issuer that are refused although they are valid. */
export type RevokedTokens =
  | {
      readonly kind: 'jti'
      /** The token that has exactly this `jti`. */
      readonly jti: string
      /** `exp` of that token, where it is known: the entry is dropped a day after it. */
      readonly exp: number | undefined
    }
  | {
      readonly kind: 'claim'
      /** Name of a claim, or a path of names with dots. */
      readonly claim: string
      /** The claim is this value, or a list with it. */
      readonly value: string | number | boolean
      /** Tokens issued before (`iat`), in milliseconds since the epoch; those without `iat` always. */
      readonly beforeMs: number
    }

/** One entry of a deny list. */
export interface RevocationSettings {
  /** Name of the auth server whose issuer the tokens name. */
  readonly authServer: string
  readonly tokens: RevokedTokens
  /** Milliseconds since the epoch from which on the entry no longer counts; undefined: for ever. */
  readonly untilMs: number | undefined
}

/** A deny list that is fetched again and again. */
export interface RevocationListSettings {
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly pointer: string
}
