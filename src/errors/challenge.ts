/**
 * `WWW-Authenticate`: what a refused caller is told about credentials (RFC 6750 section 3, RFC 9110 section 11.6.1).
 * The only place that quotes and escapes parameters. It never says why a signature, key or issuer was refused.
 * `server/write-denial.ts` calls it.
 */
import { type Challenge, entryOf } from './catalogue.ts'
import type { Denial } from './denial.ts'

/** Authentication schemes that we offer. */
export type SchemeName = 'Bearer' | 'Basic' | 'ApiKey' | 'DPoP'

export interface ChallengeContext {
  /** Name of the API. */
  readonly realm: string
  /** Schemes of the route's credential rules, in their order; empty where no route matched. */
  readonly schemes: readonly SchemeName[]
}

/**
 * Lists the challenges of a denial, one a field line; empty where there is nothing to challenge. A 401 always has one. With nothing
 * presented there is one bare challenge for each scheme (RFC 6750 section 3.1); a refused token gets its error code, in the scheme that
 * it came with, and DPoP is offered beside it where that would have been right (RFC 9449 section 7.2).
 */
export function challengesFor(denial: Denial, context: ChallengeContext): readonly string[] {
  const { challenge, status } = entryOf(denial.code)
  if (challenge === undefined) return []
  const schemes: readonly SchemeName[] = context.schemes.length === 0 ? ['Bearer'] : context.schemes
  const bare = (scheme: SchemeName): string => bareChallenge(scheme, context.realm, denial.algorithms)
  if (challenge === 'bare') return [...new Set(schemes)].map(bare)
  if (challenge === 'scheme') return [bare(denial.scheme ?? schemes[0] ?? 'Bearer')]
  const scheme = schemeOfError(challenge, denial, schemes)
  if (!isTokenScheme(scheme)) return [bare(scheme)]
  // A 400 may go without a challenge, and a route that takes no token should not ask for one.
  if (status === 400 && !schemes.some(isTokenScheme)) return []
  const refused = tokenError(scheme, challenge, denial, context.realm)
  return scheme === 'Bearer' && denial.algorithms !== undefined ? [refused, bare('DPoP')] : [refused]
}

/** The scheme whose credentials were refused; where nobody says, the one that the route takes tokens in. */
function schemeOfError(challenge: Challenge, { scheme }: Denial, offered: readonly SchemeName[]): SchemeName {
  if (challenge === 'invalid_dpop_proof' || challenge === 'use_dpop_nonce') return 'DPoP'
  return scheme ?? (offered.includes('DPoP') && !offered.includes('Bearer') ? 'DPoP' : 'Bearer')
}

function isTokenScheme(scheme: SchemeName): boolean {
  return scheme === 'Bearer' || scheme === 'DPoP'
}

function bareChallenge(scheme: SchemeName, realm: string, algorithms: Denial['algorithms']): string {
  // RFC 7617 section 2.1: passwords are UTF-8.
  const charset = scheme === 'Basic' ? ', charset="UTF-8"' : ''
  return `${scheme} realm=${quote(realm)}${charset}${scheme === 'DPoP' ? toAlgs(algorithms) : ''}`
}

function tokenError(scheme: SchemeName, error: Challenge, denial: Denial, realm: string): string {
  const description = toDescription(denial.detail ?? entryOf(denial.code).title)
  const parameters = [`realm=${quote(realm)}`, `error="${error}"`, `error_description="${description}"`]
  const scope = error === 'insufficient_scope' ? toScope(denial.scope) : ''
  if (scope !== '') parameters.push(`scope="${scope}"`)
  return `${scheme} ${parameters.join(', ')}${scheme === 'DPoP' ? toAlgs(denial.algorithms) : ''}`
}

/** RFC 9449 section 7.1: the algorithms of proofs, separated by spaces. */
function toAlgs(algorithms: Denial['algorithms']): string {
  return algorithms === undefined ? '' : `, algs=${quote(algorithms.join(' '))}`
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
