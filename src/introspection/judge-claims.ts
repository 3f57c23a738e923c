import { deny, ok, type Result } from '../errors/denial.ts'
import type { IntrospectedToken } from '../tokens/accepted-token.ts'
import { audienceOf } from '../tokens/claims.ts'
import type { JsonObject, JsonValue } from '../tokens/jwt.ts'
import { readValidity } from '../tokens/times.ts'

/** What claims of one auth server must keep to. */
export interface ClaimRules {
  readonly authServer: string
  /** Undefined: the auth server has none configured, and whatever `iss` says is taken over. */
  readonly issuer: string | undefined
  readonly clockSkewSeconds: number
}

/** Longest piece of an answer in the log. */
const MOST_LOGGED = 120
/** What servers call tokens that are no access tokens, in `token_type` (RFC 8693 section 3) or `typ`. They say `active` of those, too. */
const OTHER_KINDS: ReadonlySet<JsonValue> = new Set([
  'refresh_token',
  'refresh',
  'offline',
  'id_token',
  'id',
  'urn:ietf:params:oauth:token-type:refresh_token',
  'urn:ietf:params:oauth:token-type:id_token',
])

/**
 * Makes a token of an active answer (RFC 7662 section 2.2), or says why it is none of ours: another issuer, no access token, claims that
 * cannot be read. Times are read here and judged with each use.
 */
export function toIntrospectedToken(claims: JsonObject, rules: ClaimRules): Result<IntrospectedToken> {
  const { authServer } = rules
  const { iss, aud } = claims
  if (iss !== undefined && typeof iss !== 'string') return deny('token.claim_invalid', { authServer, claim: 'iss' })
  if (rules.issuer !== undefined && iss !== undefined && iss !== rules.issuer) {
    return deny('token.issuer_unknown', { authServer, issuer: iss.slice(0, MOST_LOGGED) })
  }
  if (isOtherKind(claims['token_type']) || isOtherKind(claims['typ'])) {
    return deny('token.inactive', { authServer, reason: 'no access token' })
  }
  const validity = readValidity(claims, { clockSkewSeconds: rules.clockSkewSeconds, requireExp: false })
  if (!validity.ok) return validity
  const audience = aud === undefined ? undefined : audienceOf(aud)
  if (aud !== undefined && audience === undefined) return deny('token.claim_invalid', { authServer, claim: 'aud' })
  return ok<IntrospectedToken>({
    state: 'introspected',
    claims,
    issuer: rules.issuer ?? iss,
    authServer,
    keyOwner: undefined,
    strategyAudience: undefined,
    audience,
    ...validity.value,
  })
}

function isOtherKind(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && OTHER_KINDS.has(value.toLowerCase())
}
