/**
 * Settings compiled to objects that do the work. A snapshot is immutable and serves requests from its first lease to its last;
 * it never reads a setting while a request waits, and never changes: a reload makes another one beside it.
 */
import type { SchemeName } from '../errors/challenge.ts'
import type { RouteIdentity, Target } from '../exchange/exchange.ts'
import type { Introspector } from '../introspection/introspector.ts'
import type { CertificateInUse } from '../keys/certificate-in-use.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { AddressSet } from '../message/address.ts'
import type { RouteCounters } from '../metrics/counters.ts'
import type { Policy } from '../policies/policy.ts'
import type { TokenVerifiers } from '../policies/token-verifiers.ts'
import type { RouteTable } from '../routing/route-table.ts'
import type { AuthServerSettings, LimitsSettings, Settings } from '../settings/model.ts'
import type { TargetGroup } from '../upstream/target-group.ts'
import type { SnapshotRevocations } from './compile-revocations.ts'

/** What ends an answer that goes on and on, and a WebSocket. */
export interface StreamRules {
  /** Ends WebSockets and event streams when their token expires, and when their caller would be refused now. */
  readonly closeOnExpiry: boolean
  /** Longest time from the head of an answer to its end, in milliseconds. */
  readonly timeoutMs: number
}

/** What one route of one API does, or one of the gateway's own paths. */
export interface Route {
  readonly identity: RouteIdentity
  /** In stage order; run by `policies/chain.ts`. */
  readonly policies: readonly Policy[]
  readonly target: Target
  /** Authentication schemes that a 401 of this route offers. */
  readonly schemes: readonly SchemeName[]
  readonly counters: RouteCounters
  /** Absent where the gateway itself answers: those answers are short. */
  readonly streams?: StreamRules | undefined
}

/** Routes at fixed paths: path to method to route. */
export type PathRoutes = ReadonlyMap<string, ReadonlyMap<string, Route>>

/** An issuer that the gateway knows, with its living key source. */
export interface AuthServer {
  readonly settings: AuthServerSettings
  readonly keys: KeySource
  /** Asks it about tokens; undefined where it has no introspection endpoint. */
  readonly introspector?: Introspector | undefined
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
  /** The targets of every active API's upstream and how they are, in the order of the file. */
  readonly upstreams: readonly TargetGroup[]
  readonly limits: LimitsSettings
  readonly trustedProxies: AddressSet
  /** What this gateway calls itself in `Via`. */
  readonly pseudonym: string
  /** Verifies tokens by the auth servers of these settings. */
  readonly verifiers: TokenVerifiers
  /** What is revoked, now and as it changes. */
  readonly revocations: SnapshotRevocations
  /** The certificates that this snapshot uses: what somebody must look after. */
  readonly certificates: () => readonly CertificateInUse[]
  /** Counters of every route, to forget those that are gone. */
  readonly counters: ReadonlySet<RouteCounters>
  /** Gives back what was borrowed from the ledger. Called once, after the last lease. */
  retire(): Promise<void>
}
