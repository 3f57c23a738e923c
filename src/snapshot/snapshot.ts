/**
 * Settings compiled to objects that do the work. A snapshot is immutable and serves requests from its first lease to its last;
 * it never reads a setting while a request waits, and never changes: a reload makes another one beside it.
 */
import type { SchemeName } from '../errors/challenge.ts'
import type { RouteIdentity, Target } from '../exchange/exchange.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { AddressSet } from '../message/address.ts'
import type { RouteCounters } from '../metrics/counters.ts'
import type { Policy } from '../policies/policy.ts'
import type { TokenVerifiers } from '../policies/token-verifiers.ts'
import type { RouteTable } from '../routing/route-table.ts'
import type { AuthServerSettings, LimitsSettings, Settings } from '../settings/model.ts'

/** What one route of one API does, or one of the gateway's own paths. */
export interface Route {
  readonly identity: RouteIdentity
  /** In stage order; run by `policies/chain.ts`. */
  readonly policies: readonly Policy[]
  readonly target: Target
  /** Authentication schemes that a 401 of this route offers. */
  readonly schemes: readonly SchemeName[]
  readonly counters: RouteCounters
}

/** Routes at fixed paths: path to method to route. */
export type PathRoutes = ReadonlyMap<string, ReadonlyMap<string, Route>>

/** An issuer that the gateway knows, with its living key source. */
export interface AuthServer {
  readonly settings: AuthServerSettings
  readonly keys: KeySource
  /** Names of the active APIs that accept its tokens; readiness waits for these auth servers. */
  readonly apis: readonly string[]
}

export interface Snapshot {
  /** Hash of the resolved settings. */
  readonly revision: string
  readonly settings: Settings
  /** The gateway's own paths: they win on every host. */
  readonly builtIn: PathRoutes
  readonly routes: RouteTable<Route>
  readonly authServers: readonly AuthServer[]
  readonly limits: LimitsSettings
  readonly trustedProxies: AddressSet
  /** Verifies tokens by the auth servers of these settings. */
  readonly verifiers: TokenVerifiers
  /** Counters of every route, to forget those that are gone. */
  readonly counters: ReadonlySet<RouteCounters>
  /** Gives back what was borrowed from the ledger. Called once, after the last lease. */
  retire(): Promise<void>
}
