import type { RequireScopesSettings, RouteMatchSettings, ScopeMappingSettings } from './model.ts'
import { parseRouteMatch } from './path-template.ts'
import { valid } from './resolution.ts'
import type { ScopeMapping } from './schema-types.ts'

/** Resolves the scope mappings. */
export function resolveScopeMappings(mappings: readonly ScopeMapping[]): readonly ScopeMappingSettings[] {
  return mappings.map(({ scope, apis, routes }, index) => ({
    scope,
    apis,
    routes: routes.map(route => valid(parseRouteMatch(route))),
    pointer: `/scope_mappings/${index}`,
  }))
}

/** Indexes scope mappings by the APIs that they name. */
export function mappingsByApi(
  mappings: readonly ScopeMappingSettings[],
): ReadonlyMap<string, readonly ScopeMappingSettings[]> {
  const index = new Map<string, ScopeMappingSettings[]>()
  for (const mapping of mappings) {
    for (const api of new Set(mapping.apis)) {
      const others = index.get(api)
      if (others === undefined) index.set(api, [mapping])
      else others.push(mapping)
    }
  }
  return index
}

/** A route covered by mappings needs one of the mapped scopes (product.md 4.8); undefined where none covers it. */
export function mappedScopes(
  match: RouteMatchSettings,
  mappings: readonly ScopeMappingSettings[],
): RequireScopesSettings | undefined {
  const covering = mappings.filter(
    ({ routes }) =>
      routes.length === 0 || routes.some(route => route.method === match.method && route.path === match.path),
  )
  const [first] = covering
  if (first === undefined) return undefined
  return { mode: 'any', scopes: [...new Set(covering.map(({ scope }) => scope))], pointer: first.pointer }
}
