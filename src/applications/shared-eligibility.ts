import type { ApiSettings, ApplicationSettings } from '../settings/model.ts'

/** Tells whether a token of one issuer can be judged by one rule for which both applications count. */
export type SharedEligibility = (a: ApplicationSettings, b: ApplicationSettings) => boolean

/** Auth servers of the token rules, each list once: of rules for which any application counts, and by API for `registered` ones. */
interface TokenRules {
  readonly forAny: Map<string, readonly string[]>
  readonly byApi: Map<string, Map<string, readonly string[]>>
}

/** Reads the token rules of all routes once. */
export function createSharedEligibility(apis: readonly ApiSettings[]): SharedEligibility {
  const { forAny, byApi } = readRules(apis)
  return (a, b) => {
    const bothAccept = (authServers: readonly string[]): boolean =>
      authServers.some(name => accepts(a, name) && accepts(b, name))
    if ([...forAny.values()].some(bothAccept)) return true
    const apisOfB = new Set(b.apis)
    return a.apis.some(api => apisOfB.has(api) && [...(byApi.get(api)?.values() ?? [])].some(bothAccept))
  }
}

function readRules(apis: readonly ApiSettings[]): TokenRules {
  const rules: TokenRules = { forAny: new Map(), byApi: new Map() }
  for (const api of apis) {
    const registered = new Map<string, readonly string[]>()
    rules.byApi.set(api.name, registered)
    // Routes without rules of their own share the list of their API.
    for (const rule of [...new Set(api.routes.map(route => route.policies.identifyAndAuthorize?.rules ?? []))].flat()) {
      if (rule.kind !== 'jwt' || rule.applications === 'none') continue
      const list = rule.applications === 'registered' ? registered : rules.forAny
      list.set(JSON.stringify(rule.authServers), rule.authServers)
    }
  }
  return rules
}

function accepts({ authServers }: ApplicationSettings, name: string): boolean {
  return authServers === undefined || authServers.includes(name)
}
