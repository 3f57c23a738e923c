import type { RouteIdentity, Target } from '../exchange/exchange.ts'
import { canonicalPath } from '../message/canonical-path.ts'
import type { Counters } from '../metrics/counters.ts'
import { challengeSchemes, compilePolicies } from '../policies/compile-policies.ts'
import type { PolicyParts } from '../policies/policy-parts.ts'
import type { RouteEntry } from '../routing/route-table.ts'
import type { ApiSettings, RouteSettings } from '../settings/model.ts'
import { createEchoTarget } from '../upstream/echo.ts'
import { createHttpUpstream, type UpstreamParts } from '../upstream/http-upstream.ts'
import type { Route, StreamRules } from './snapshot.ts'

export interface ApiParts {
  readonly shared: Omit<PolicyParts, 'api'>
  readonly upstream: UpstreamParts
  readonly counters: Counters
}

/** Compiles the routes of one API, in the order of its settings; all of them share one target. */
export function compileApi(settings: ApiSettings, parts: ApiParts): readonly Route[] {
  // What is stripped from a canonical path, and compared with it, must be in canonical form itself.
  const api = { ...settings, basePath: canonicalPath(settings.basePath) ?? settings.basePath }
  const target = createTarget(api, parts.upstream)
  const policyParts: PolicyParts = { ...parts.shared, api }
  const streams = streamRulesOf(api)
  return api.routes.map(route => {
    const identity = identify(api, route)
    return {
      identity,
      policies: compilePolicies(route.policies, policyParts),
      schemes: challengeSchemes(route.policies),
      target,
      counters: parts.counters.route({ api: api.name, template: identity.template }),
      streams,
    }
  })
}

/** Puts compiled routes where the route table wants them. */
export function toRouteEntry<T>(api: ApiSettings, values: readonly T[]): RouteEntry<T> {
  const routes = api.routes.flatMap(({ match }, i) => {
    const value = values[i]
    return value === undefined ? [] : [{ method: match.method, path: match.path, value }]
  })
  return { hosts: api.hosts, basePath: api.basePath, routes }
}

function createTarget(api: ApiSettings, parts: UpstreamParts): Target {
  return api.upstream.kind === 'echo' ? createEchoTarget(parts) : createHttpUpstream(api, api.upstream, parts)
}

function streamRulesOf({ closeOnExpiry, upstream }: ApiSettings): StreamRules | undefined {
  return upstream.kind === 'http' ? { closeOnExpiry, timeoutMs: upstream.streamTimeoutMs } : undefined
}

function identify(api: ApiSettings, { match }: RouteSettings): RouteIdentity {
  return {
    api: api.name,
    version: api.version,
    basePath: api.basePath,
    template: (api.basePath === '/' ? '' : api.basePath) + match.path,
    method: match.method,
  }
}
