/** What a token of ours contains (product.md section 5). Pure: the clock and the key are the issuer's business. */
import type { JsonObject, JsonValue } from '../tokens/jwt.ts'

/** What all tokens of one issuer have in common. */
export interface IssuingRules {
  /** `iss`, compared letter for letter by those who verify. */
  readonly issuer: string
  readonly lifetimeSeconds: number
  /** The configured audience; undefined: tokens without an application carry no `aud`. */
  readonly audience: string | undefined
}

/** Claims that a caller never chooses: registered ones and those that grant something (product.md section 5). */
export const RESERVED_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'app_id',
  'client_id',
  'azp',
  'scope',
  'scp',
  'roles',
  'groups',
  'entitlements',
  'cnf',
  'act',
])

/** Builds the claims of a token for a user, who may ask on behalf of an application. `nowMs`: milliseconds since the epoch. */
export function claimsForUser(
  rules: IssuingRules,
  user: string,
  applicationId: string | undefined,
  nowMs: number,
): JsonObject {
  return buildClaims(rules, user, applicationId, nowMs, applicationId === undefined ? {} : { app_id: applicationId })
}

/**
 * Builds the claims of a token for an application. `custom` stands at the top level; a reserved name there is never let
 * through, whatever the caller checked before.
 */
export function claimsForApplication(
  rules: IssuingRules,
  applicationId: string,
  custom: Readonly<Record<string, JsonValue>>,
  nowMs: number,
): JsonObject {
  const allowed = Object.fromEntries(Object.entries(custom).filter(([name]) => !RESERVED_CLAIMS.has(name)))
  return buildClaims(rules, applicationId, applicationId, nowMs, allowed)
}

function buildClaims(
  rules: IssuingRules,
  subject: string,
  applicationId: string | undefined,
  nowMs: number,
  further: Readonly<Record<string, JsonValue>>,
): JsonObject {
  const now = Math.floor(nowMs / 1000)
  const audience = audienceOf(applicationId, rules.audience)
  return {
    ...further,
    sub: subject,
    iss: rules.issuer,
    ...(audience === undefined ? {} : { aud: audience }),
    nbf: now,
    iat: now,
    exp: now + rules.lifetimeSeconds,
  }
}

/** The application first, then the configured audience; a single one is a plain string, as the product writes it. */
function audienceOf(applicationId: string | undefined, configured: string | undefined): JsonValue | undefined {
  if (applicationId === undefined) return configured
  return configured === undefined ? applicationId : [applicationId, configured]
}
