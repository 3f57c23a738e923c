import type { Problem } from '../diagnostics/problem.ts'
import type { KeySourceStatus } from '../keys/key-source.ts'
import type { Settings } from '../settings/model.ts'

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
  /** How the last reload (or the start) ended. */
  lastReload(): ReloadView | undefined
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
}

export interface ReloadView {
  readonly result: 'applied' | 'unchanged' | 'refused'
  readonly reason: string
  readonly at: number
  readonly durationMs: number
  readonly revision: string
  readonly problems: readonly Problem[]
}
