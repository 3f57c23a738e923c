import type { Problem } from '../diagnostics/problem.ts'
import type { IntrospectionStatus } from '../introspection/introspector.ts'
import type { CertificateInUse } from '../keys/certificate-in-use.ts'
import type { KeySourceStatus } from '../keys/key-source.ts'
import type { Settings } from '../settings/model.ts'
import type { PolledRevocationsStatus } from '../tokens/polled-revocations.ts'
import type { GroupStatus } from '../upstream/target-group.ts'

/** What the admin pages read of a running gateway. Each call tells the state of that moment; nothing here can change it. */
export interface AdminView {
  /** Version of the gateway. */
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  /** True from the first SIGTERM on: readiness is gone, requests are still served. */
  draining(): boolean
  /** Settings in force; undefined until the first ones are. */
  inForce(): { readonly settings: Settings; readonly sinceMs: number } | undefined
  listeners(): readonly ListenerView[]
  authServers(): readonly AuthServerView[]
  /** The upstreams of the active APIs; those of `builtin:echo` have none. */
  upstreams(): readonly GroupStatus[]
  /** Certificates that the settings in force use. */
  certificates(): readonly CertificateInUse[]
  /** How the last reload (or the start) ended. */
  lastReload(): ReloadView | undefined
  overload(): OverloadView
  revocations(): RevocationsView
}

/** Whether requests are refused for want of something, and how many were. */
export interface OverloadView {
  /** What is short now; undefined while nothing is. */
  readonly guard: 'event_loop_delay' | 'memory' | undefined
  /** Since the start. */
  readonly refusedConnections: number
  readonly refusedRequests: Readonly<Record<'event_loop_delay' | 'memory', number>>
}

/** How much is revoked, and by whom. */
export interface RevocationsView {
  readonly inSettings: number
  /** Over the admin API. */
  readonly kept: number
  /** Undefined where the settings name no list. */
  readonly list: PolledRevocationsStatus | undefined
}

export interface ListenerView {
  readonly kind: 'http' | 'https' | 'admin'
  readonly url: string
  readonly accepting: boolean
  readonly connections: number
}

export interface AuthServerView {
  readonly name: string
  readonly issuer: string | undefined
  /** Active APIs that accept its tokens; readiness waits only for auth servers that have some. */
  readonly apis: readonly string[]
  readonly keys: KeySourceStatus
  /** Undefined where it has no introspection endpoint. */
  readonly introspection?: IntrospectionStatus | undefined
}

export interface ReloadView {
  readonly result: 'applied' | 'unchanged' | 'refused'
  readonly reason: string
  readonly at: number
  readonly durationMs: number
  readonly revision: string
  readonly problems: readonly Problem[]
}
