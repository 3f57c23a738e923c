import { type Denial, deny } from '../errors/denial.ts'
import type { JsonObject } from './jwt.ts'

/**
 * Tokens that are refused although they are valid. Asked at every verdict, cached ones included, by issuer and verified claims,
 * never by the text of a token: one token can be written in several ways.
 */
export interface RevocationList {
  /** Tells whether a token of this issuer with these claims is revoked. `iat` and the clock decide at each call anew. */
  isRevoked(issuer: string, claims: JsonObject): boolean
  /** False while a list that the settings want has not been had even once: nobody can tell then. */
  readonly isKnown: boolean
  /** Another number than before once the list has changed. */
  readonly generation: number
}

/** A list on which nothing ever is. */
export const NO_REVOCATIONS: RevocationList = Object.freeze({ isRevoked: () => false, isKnown: true, generation: 0 })

/** Makes one list of several: what any of them revokes is revoked. */
export function joinRevocations(lists: readonly RevocationList[]): RevocationList {
  return {
    isRevoked(issuer, claims) {
      for (const list of lists) if (list.isRevoked(issuer, claims)) return true
      return false
    },
    get isKnown() {
      for (const list of lists) if (!list.isKnown) return false
      return true
    },
    get generation() {
      let sum = 0
      for (const list of lists) sum += list.generation
      return sum
    },
  }
}

/**
 * Judges a token whose claims count, after all else that can be wrong with it: undefined where it may pass, else `token.revoked`, or
 * `revocations.unavailable` where nobody can tell. `issuer` is undefined for introspected tokens of nobody in particular: those are
 * on no list, and their auth server has said that they are active.
 */
export function judgeRevocation(
  list: RevocationList,
  issuer: string | undefined,
  claims: JsonObject,
  authServer: string,
): { readonly ok: false; readonly error: Denial } | undefined {
  if (issuer === undefined) return undefined
  if (list.isRevoked(issuer, claims)) return deny('token.revoked', { authServer })
  return list.isKnown ? undefined : deny('revocations.unavailable', { authServer })
}
