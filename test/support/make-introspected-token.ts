import type { IntrospectedToken } from '../../src/tokens/accepted-token.ts'
import { toClaims } from './make-jwt.ts'

/** Makes a token that the auth server `sso` calls active, changed as planned. `aud` in the members becomes the audience. */
export function makeIntrospectedToken(
  members: Readonly<Record<string, unknown>> = {},
  plan: Partial<IntrospectedToken> = {},
): IntrospectedToken {
  const { aud } = members
  return {
    state: 'introspected',
    claims: toClaims({ active: true, ...members }),
    issuer: undefined,
    authServer: 'sso',
    keyOwner: undefined,
    strategyAudience: undefined,
    audience: aud === undefined ? undefined : Array.isArray(aud) ? aud.map(String) : [String(aud)],
    expiresAtMs: Number.POSITIVE_INFINITY,
    notBeforeMs: Number.NEGATIVE_INFINITY,
    ...plan,
  }
}
