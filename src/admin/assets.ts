import type { Target } from '../exchange/exchange.ts'
import type { ApiSettings, AuthServerSettings, Settings } from '../settings/model.ts'
import type { AdminView } from './admin-view.ts'
import { createJsonTarget } from './json-target.ts'

/** Creates `<admin_path>/assets`: APIs, applications and auth servers in force, with the member names that operators know. */
export function createAssetsTarget(view: AdminView): Target {
  return createJsonTarget(() => {
    const settings = view.inForce()?.settings
    return settings === undefined
      ? { status: 503, body: { status: 'no settings in force yet' } }
      : { status: 200, body: listAssets(settings) }
  })
}

/** Lists what is provisioned. Identifiers of applications are secrets or personal, so only their kinds are told. */
function listAssets(settings: Settings): unknown {
  return {
    apis: settings.apis.map(describeApi),
    applications: settings.applications.map(({ id, name, owner, tier, suspended, apis, authServers, identifiers }) => ({
      id,
      name,
      owner,
      tier,
      suspended,
      apis,
      auth_servers: authServers,
      identifiers: Object.entries(identifiers)
        .filter(([, listed]) => listed.length > 0)
        .map(([kind]) => kind),
    })),
    authserver: settings.authServers.map(server => describeAuthServer(server, settings)),
  }
}

function describeApi({ name, version, basePath, hosts, active, upstream, routes }: ApiSettings): unknown {
  return {
    name,
    version,
    base_path: basePath,
    hosts,
    active,
    upstream: upstream.kind === 'echo' ? 'builtin:echo' : upstream.targets.length,
    routes: routes.map(({ match, policies }) => ({
      match: `${match.method} ${match.path}`,
      open: policies.identifyAndAuthorize === undefined,
    })),
  }
}

function describeAuthServer(server: AuthServerSettings, settings: Settings): unknown {
  const scopes = new Set(server.scopes.map(({ name }) => name))
  return {
    name: server.name,
    description: server.description,
    issuer: server.issuer,
    scopes: [...scopes],
    mappedScopes: settings.scopeMappings.filter(({ scope }) => scopes.has(scope)).map(({ scope }) => scope),
  }
}
