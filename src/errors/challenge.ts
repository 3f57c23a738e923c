/**
 * `WWW-Authenticate`: what a refused caller is told about credentials (RFC 6750 section 3, RFC 9110 section 11.6.1).
 * The only place that quotes and escapes parameters. It never says why a signature, key or issuer was refused.
 * `server/write-denial.ts` calls it.
 */
import { type Challenge, entryOf } from './catalogue.ts'
import type { Denial } from './denial.ts'

/** Authentication schemes that we offer. */
export type SchemeName = 'Bearer' | 'Basic' | 'ApiKey'

export interface ChallengeContext {
  /** Name of the API. */
  readonly realm: string
  /** Schemes of the route's credential rules, in their order; empty where no route matched. */
  readonly schemes: readonly SchemeName[]
}

/**
 * Lists the challenges of a denial, one a field line; empty where there is nothing to challenge. A 401 always has one. With nothing
 * presented there is one bare challenge for each scheme (RFC 6750 section 3.1); a refused bearer token gets its error code.
 */
export function challengesFor(denial: Denial, context: ChallengeContext): readonly string[] {
  const { challenge, status, title } = entryOf(denial.code)
  if (challenge === undefined) return []
  const schemes: readonly SchemeName[] = context.schemes.length === 0 ? ['Bearer'] : context.schemes
  if (challenge === 'bare') return [...new Set(schemes)].map(scheme => bareChallenge(scheme, context.realm))
  if (challenge === 'scheme') return [bareChallenge(denial.scheme ?? schemes[0] ?? 'Bearer', context.realm)]
  const isBearer = denial.scheme === undefined || denial.scheme === 'Bearer'
  if (!isBearer) return [bareChallenge(denial.scheme, context.realm)]
  // A 400 may go without a challenge, and a route that takes no bearer token should not ask for one.
  if (status === 400 && !schemes.includes('Bearer')) return []
  return [bearerError(challenge, denial, denial.detail ?? title, context.realm)]
}

function bareChallenge(scheme: SchemeName, realm: string): string {
  // RFC 7617 section 2.1: passwords are UTF-8.
  return `${scheme} realm=${quote(realm)}${scheme === 'Basic' ? ', charset="UTF-8"' : ''}`
}

function bearerError(error: Challenge, denial: Denial, description: string, realm: string): string {
  const parameters = [`realm=${quote(realm)}`, `error="${error}"`, `error_description="${toDescription(description)}"`]
  const scope = error === 'insufficient_scope' ? toScope(denial.scope) : ''
  if (scope !== '') parameters.push(`scope="${scope}"`)
  return `Bearer ${parameters.join(', ')}`
}

/** A quoted-string (RFC 9110 section 5.6.4) in ASCII; other characters become `?`, which no field can be split with. */
function quote(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/gu, '?').replaceAll(/["\\]/g, '\\$&')}"`
}

/** RFC 6750 section 3: no quote and no backslash, not even escaped. */
function toDescription(text: string): string {
  return text.replaceAll(/["\\]/g, "'").replaceAll(/[^\x20-\x7e]/gu, '?')
}

/** Keeps the scope tokens that can be written (RFC 6749 section 3.3); a token that cannot is left out. */
function toScope(scope: string | undefined): string {
  const tokens = (scope ?? '').split(' ')
  return tokens.filter(token => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(token)).join(' ')
}
