import type { IdentificationRuleSettings } from '../settings/model.ts'
import { decodeJwt } from '../tokens/decode.ts'
import { hasJwtForm } from '../tokens/token-form.ts'

/** Which rules of one route a bearer token is for: a token is one kind's, never two's (product.md 4). */
export interface TokenSplit {
  /** Tells whether `jwt` rules judge it. */
  isForJwt(token: string): boolean
  /** Tells whether an `oauth2` rule judges it. */
  isForIntrospection(token: string, acceptJwt: boolean): boolean
}

/** Where all tokens are of one kind, or there is nobody to share them with, nothing has to be looked at. */
const ALL: TokenSplit = { isForJwt: () => true, isForIntrospection: () => true }

/**
 * Compiles who judges a token where `jwt` and `oauth2` stand together: tokens in JWT form are for `jwt`, opaque ones for `oauth2`; with `accept_jwt`,
 * tokens in JWT form whose issuer no `jwt` rule here knows are introspected. The issuer is unverified, and only says who verifies it.
 *
 * @param issuers issuers of the auth servers that have one, by name
 * @param maxTokenBytes longer tokens are for `jwt`, which refuses them without a look
 */
export function compileTokenSplit(
  rules: readonly IdentificationRuleSettings[],
  issuers: ReadonlyMap<string, string>,
  maxTokenBytes: number,
): TokenSplit {
  const jwtRules = rules.filter(rule => rule.kind === 'jwt')
  const oauth2Rules = rules.filter(rule => rule.kind === 'oauth2')
  if (jwtRules.length === 0 || oauth2Rules.length === 0) return ALL
  const known = new Set(jwtRules.flatMap(rule => rule.authServers.flatMap(name => issuers.get(name) ?? [])))
  const isAnyAccepted = oauth2Rules.some(rule => rule.acceptJwt)

  const isForeign = (token: string): boolean => {
    const decoded = decodeJwt(token, maxTokenBytes)
    return decoded.ok && (decoded.value.issuer === undefined || !known.has(decoded.value.issuer))
  }
  return {
    isForJwt: token => token.length > maxTokenBytes || (hasJwtForm(token) && !(isAnyAccepted && isForeign(token))),
    isForIntrospection: (token, acceptJwt) =>
      token.length <= maxTokenBytes && (!hasJwtForm(token) || (acceptJwt && isForeign(token))),
  }
}
