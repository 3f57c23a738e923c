/**
 * From a route's effective settings to the policies that the chain runs, in stage order. One file a kind; the list of kinds is here.
 * Nothing in this room writes to an exchange except `chain.ts`, knows a socket, or throws for anything a caller sends.
 * `snapshot/compile.ts` calls it, once for each route.
 */
import type { SchemeName } from '../errors/challenge.ts'
import type { EffectivePolicies } from '../settings/model.ts'
import { challengeSchemesOf, compileIdentifyAndAuthorize } from './identify-and-authorize.ts'
import { compileOutboundAuthentication } from './outbound-authentication.ts'
import type { Policy } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'
import { compileRequire } from './require.ts'
import { compileRequireScheme } from './require-scheme.ts'
import { compileRequireScopes } from './require-scopes.ts'

/** A policy kind: what it makes of a route's settings; nothing where they do not ask for it. */
type PolicyKind = (effective: EffectivePolicies, parts: PolicyParts) => readonly Policy[]

/** In the order in which they run: scheme, caller, scopes, requirements, then what goes upstream. */
const KINDS: readonly PolicyKind[] = [
  ({ protocols }) =>
    protocols.includes('http') && protocols.includes('https') ? [] : [compileRequireScheme(protocols)],
  ({ identifyAndAuthorize }, parts) =>
    identifyAndAuthorize === undefined ? [] : [compileIdentifyAndAuthorize(identifyAndAuthorize, parts)],
  ({ requireScopes }) => requireScopes.map(compileRequireScopes),
  ({ require }, parts) => require.map(settings => compileRequire(settings, parts.expressions)),
  ({ outboundAuthentication: mode, identifyAndAuthorize }) => {
    // An open route consumes no credentials: what the caller sends is the upstream's, unless it is to be stripped.
    if (identifyAndAuthorize === undefined && mode === 'incoming') return []
    return [compileOutboundAuthentication({ mode, rules: identifyAndAuthorize?.rules ?? [] })]
  },
]

/** Compiles a route's policies, in stage order. Throws only for settings that were not checked (a defect). */
export function compilePolicies(effective: EffectivePolicies, parts: PolicyParts): readonly Policy[] {
  return KINDS.flatMap(compile => compile(effective, parts))
}

/** Lists the authentication schemes that a 401 of this route offers, in the order of its rules; empty for an open route. */
export function challengeSchemes({ identifyAndAuthorize }: EffectivePolicies): readonly SchemeName[] {
  return challengeSchemesOf(identifyAndAuthorize?.rules ?? [])
}
