import { defaultBasePath } from './base-paths.ts'
import type { ApiSettings, RouteSettings, ScopeMappingSettings } from './model.ts'
import { parseHostPattern } from './names.ts'
import { parseBasePath, parseRouteMatch } from './path-template.ts'
import { valid } from './resolution.ts'
import { combinePolicies, type LevelPolicies, type NamelessRules, resolveLevel } from './resolve-policies.ts'
import { mappedScopes, mappingsByApi } from './resolve-scope-mappings.ts'
import { resolveUpstream, upstreamDefaults } from './resolve-upstream.ts'
import type { CompiledSchema } from './schema.ts'
import type { Configuration, Route } from './schema-types.ts'

/** Resolves the APIs with the effective policies of each route. */
export function resolveApis(
  configuration: Configuration,
  scopeMappings: readonly ScopeMappingSettings[],
  schema: CompiledSchema,
): readonly ApiSettings[] {
  const defaults = upstreamDefaults(schema)
  const mappings = mappingsByApi(scopeMappings)
  const { auth_servers: authServers } = configuration.security_settings
  const nameless: NamelessRules = {
    issuers: authServers.filter(server => server.localIntrospectionConfig.issuer !== undefined).map(({ name }) => name),
    introspecting: authServers.filter(server => server.remoteIntrospectionConfig !== undefined).map(({ name }) => name),
  }
  return configuration.apis.map((api, index) => {
    const pointer = `/apis/${index}`
    const level = resolveLevel(api, pointer, nameless)
    const own = mappings.get(api.name) ?? []
    return {
      name: api.name,
      version: api.version,
      basePath: api.base_path === undefined ? (defaultBasePath(api.name) ?? '/') : valid(parseBasePath(api.base_path)),
      hosts: [...new Set(api.hosts.map(host => valid(parseHostPattern(host))))],
      active: api.active,
      closeOnExpiry: api.close_on_expiry,
      upstream: resolveUpstream(api.upstream, `${pointer}/upstream`, defaults),
      routes: api.routes.map((route, position) =>
        resolveRoute(route, `${pointer}/routes/${position}`, { level, mappings: own, nameless }),
      ),
      pointer,
    }
  })
}

interface RouteSurroundings {
  readonly level: LevelPolicies
  readonly mappings: readonly ScopeMappingSettings[]
  readonly nameless: NamelessRules
}

function resolveRoute(route: Route, pointer: string, { level, mappings, nameless }: RouteSurroundings): RouteSettings {
  const match = valid(parseRouteMatch(route.match))
  const own = resolveLevel(route, pointer, nameless)
  return { match, policies: combinePolicies(level, own, mappedScopes(match, mappings)), pointer }
}
