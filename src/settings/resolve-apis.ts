import { defaultBasePath } from './base-paths.ts'
import type { ApiSettings, RouteSettings, ScopeMappingSettings, UpstreamSettings } from './model.ts'
import { parseHostPattern } from './names.ts'
import { parseBasePath, parseRouteMatch } from './path-template.ts'
import { toMs, valid } from './resolution.ts'
import { combinePolicies, type LevelPolicies, resolveLevel } from './resolve-policies.ts'
import { mappedScopes, mappingsByApi } from './resolve-scope-mappings.ts'
import type { CompiledSchema } from './schema.ts'
import type { Api, Configuration, Route } from './schema-types.ts'

/** Resolves the APIs with the effective policies of each route. */
export function resolveApis(
  configuration: Configuration,
  scopeMappings: readonly ScopeMappingSettings[],
  schema: CompiledSchema,
): readonly ApiSettings[] {
  const defaults = upstreamDefaults(schema)
  const mappings = mappingsByApi(scopeMappings)
  const issuers = configuration.security_settings.auth_servers.flatMap(({ name, localIntrospectionConfig }) =>
    localIntrospectionConfig.issuer === undefined ? [] : [name],
  )
  return configuration.apis.map((api, index) => {
    const pointer = `/apis/${index}`
    const level = resolveLevel(api, pointer, issuers)
    const own = mappings.get(api.name) ?? []
    return {
      name: api.name,
      version: api.version,
      basePath: api.base_path === undefined ? (defaultBasePath(api.name) ?? '/') : valid(parseBasePath(api.base_path)),
      hosts: [...new Set(api.hosts.map(host => valid(parseHostPattern(host))))],
      active: api.active,
      upstream: resolveUpstream(api.upstream, `${pointer}/upstream`, defaults),
      routes: api.routes.map((route, position) =>
        resolveRoute(route, `${pointer}/routes/${position}`, { level, mappings: own, issuers }),
      ),
      pointer,
    }
  })
}

interface RouteSurroundings {
  readonly level: LevelPolicies
  readonly mappings: readonly ScopeMappingSettings[]
  readonly issuers: readonly string[]
}

function resolveRoute(route: Route, pointer: string, { level, mappings, issuers }: RouteSurroundings): RouteSettings {
  const match = valid(parseRouteMatch(route.match))
  const own = resolveLevel(route, pointer, issuers)
  return { match, policies: combinePolicies(level, own, mappedScopes(match, mappings)), pointer }
}

type UpstreamBlock = Exclude<Api['upstream'], string>

function resolveUpstream(written: Api['upstream'], pointer: string, defaults: UpstreamBlock): UpstreamSettings {
  if (written === 'builtin:echo') return { kind: 'echo' }
  const upstream = typeof written === 'string' ? { ...defaults, targets: [written] } : written
  return {
    kind: 'http',
    // The others are warned about as not built: what is said to have no effect must have none.
    targets: upstream.targets.slice(0, 1).map(target => toTarget(new URL(target))),
    stripBasePath: upstream.strip_base_path,
    connectTimeoutMs: toMs(upstream.connect_timeout),
    responseTimeoutMs: toMs(upstream.response_timeout),
    pointer,
  }
}

/** The short form has no block that the schema could fill its defaults into. */
function upstreamDefaults(schema: CompiledSchema): UpstreamBlock {
  const path = ['apis', '0', 'upstream']
  const keys = schema.schemaAt(path)?.properties ?? []
  const defaults = keys.map(key => [key, schema.schemaAt([...path, key])?.default])
  return Object.fromEntries(defaults.filter(([, value]) => value !== undefined)) as UpstreamBlock
}

function toTarget(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, '')
}
