/** Snapshots without a compiler behind them, for the rooms that hold and read them. */
import { createAddressSet } from '../../src/message/address.ts'
import { createTokenVerifiers } from '../../src/policies/token-verifiers.ts'
import { createRouteTable, type RouteEntry } from '../../src/routing/route-table.ts'
import type { Settings } from '../../src/settings/model.ts'
import type { Route, Snapshot } from '../../src/snapshot/snapshot.ts'
import { NO_REVOCATIONS } from '../../src/tokens/revocations.ts'
import { sampleSettings } from './sample-settings.ts'

export interface SnapshotPlan {
  readonly revision?: string
  readonly settings?: Partial<Settings>
  readonly builtIn?: Snapshot['builtIn']
  readonly entries?: readonly RouteEntry<Route>[]
  readonly revocations?: Partial<Snapshot['revocations']>
  readonly onRetire?: () => unknown
}

/** Makes a snapshot that routes as planned and verifies nothing. */
export function makeSnapshot(plan: SnapshotPlan = {}): Snapshot {
  const settings = sampleSettings(plan.settings)
  return {
    revision: plan.revision ?? settings.revision,
    settings,
    builtIn: plan.builtIn ?? new Map(),
    routes: createRouteTable(plan.entries ?? []),
    authServers: [],
    upstreams: [],
    limits: settings.limits,
    trustedProxies: createAddressSet(settings.trustedProxies),
    pseudonym: 'microgateway-0123456789abcdef',
    verifiers: createTokenVerifiers({
      servers: new Map(),
      hmacCandidates: () => [],
      maxTokenBytes: settings.limits.maxTokenBytes,
      createVerifier: () => {
        throw new Error('nothing is verified here')
      },
    }),
    certificates: () => [],
    revocations: { ...NO_REVOCATIONS, inSettings: 0, ...plan.revocations },
    counters: new Set(),
    retire: async () => {
      await plan.onRetire?.()
    },
  }
}
