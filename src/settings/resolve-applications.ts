import { parseAddressRange } from './address-range.ts'
import type { ApplicationSettings } from './model.ts'
import { parseHostName } from './names.ts'
import { valid } from './resolution.ts'
import type { Application } from './schema-types.ts'
import { Secret } from './secret.ts'

/** Resolves the applications; the id of one is its name where none is written. */
export function resolveApplications(applications: readonly Application[]): readonly ApplicationSettings[] {
  return applications.map((application, index) => resolveApplication(application, `/applications/${index}`))
}

function resolveApplication(application: Application, pointer: string): ApplicationSettings {
  const { identifiers } = application
  return {
    id: application.id ?? application.name,
    name: application.name,
    owner: application.owner,
    tier: application.tier,
    suspended: application.suspended,
    apis: application.apis,
    authServers: application.auth_servers,
    identifiers: {
      claimSets: identifiers.claim_sets,
      apiKeys: identifiers.api_keys.map(key => new Secret(key)),
      users: identifiers.users,
      hostNames: identifiers.host_names.map(name => valid(parseHostName(name))),
      ipRanges: identifiers.ip_ranges.map(range => valid(parseAddressRange(range))),
    },
    strategies: application.strategies.map((strategy, index) => ({
      name: strategy.name,
      authServer: strategy.authServerAlias,
      algorithm: strategy.algorithm,
      secret: new Secret(strategy.secret),
      audience: strategy.audience,
      pointer: `${pointer}/strategies/${index}`,
    })),
    pointer,
  }
}
