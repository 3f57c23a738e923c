/** Builds what the settings pipeline would: applications, complete from a few words. */
import type {
  AddressRange,
  ApplicationSettings,
  ClaimExpectation,
  ClientCertificateSettings,
  StrategySettings,
} from '../../src/settings/model.ts'
import { Secret } from '../../src/settings/secret.ts'

export interface ApplicationPlan {
  readonly id: string
  readonly apis?: readonly string[]
  readonly suspended?: boolean
  readonly authServers?: readonly string[]
  readonly claimSets?: readonly Readonly<Record<string, ClaimExpectation>>[]
  readonly apiKeys?: readonly string[]
  readonly users?: readonly string[]
  readonly clientIds?: readonly string[]
  readonly hostNames?: readonly string[]
  readonly ipRanges?: readonly AddressRange[]
  readonly clientCertificates?: readonly ClientCertificateSettings[]
  readonly strategies?: readonly StrategySettings[]
}

/** Makes the settings of an application; its name is its id. */
export function makeApplication(plan: ApplicationPlan): ApplicationSettings {
  return {
    id: plan.id,
    name: plan.id,
    owner: undefined,
    tier: undefined,
    suspended: plan.suspended ?? false,
    apis: plan.apis ?? ['orders'],
    authServers: plan.authServers,
    identifiers: {
      claimSets: plan.claimSets ?? [],
      apiKeys: (plan.apiKeys ?? []).map(key => new Secret(key)),
      users: plan.users ?? [],
      clientIds: plan.clientIds ?? [],
      hostNames: plan.hostNames ?? [],
      ipRanges: plan.ipRanges ?? [],
      clientCertificates: plan.clientCertificates ?? [],
    },
    strategies: plan.strategies ?? [],
    pointer: `/applications/${plan.id}`,
  }
}

/** Makes an HMAC strategy; `secret` is base64. */
export function makeStrategy(plan: {
  readonly authServer: string
  readonly secret: string
  readonly algorithm?: StrategySettings['algorithm']
  readonly audience?: string
}): StrategySettings {
  return {
    name: 'hmac',
    authServer: plan.authServer,
    algorithm: plan.algorithm ?? 'HS256',
    secret: new Secret(plan.secret),
    audience: plan.audience,
    pointer: '/strategies/0',
  }
}
