import type { AdminView } from '../admin/admin-view.ts'
import type { Clock } from '../clock/clock.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { LogDestination } from '../log/destination.ts'
import type { ReloadReason, ReloadStatus } from '../reload/reload-status.ts'
import type { Settings } from '../settings/model.ts'

/** What a gateway is started with. */
export interface GatewayOptions {
  /** Files and folders of settings in order, relative to `cwd`. */
  readonly layers: readonly string[]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether files are watched; `reload` works all the same. */
  readonly watch: boolean
  readonly version: string
  readonly destination: LogDestination
  /** The system's clock by default. */
  readonly clock?: Clock
  readonly processFacts: () => ProcessFacts
}

/** What only the process edge knows, for the metrics and the memory guard. */
export interface ProcessFacts {
  readonly residentMemoryBytes: number
  readonly cpuSeconds: number
  readonly nodeVersion: string
  /** What the container allows the process; undefined, 0 or beyond reason where nothing is limited. */
  readonly memoryLimitBytes?: number | undefined
}

/** Why a gateway did not start: the configuration is wrong, or the system refuses a port or a key. */
export interface StartFailure {
  readonly kind: 'configuration' | 'system'
  readonly problems: readonly Problem[]
  readonly sources: ReadonlyMap<string, string>
}

export type GatewayStart =
  | { readonly ok: true; readonly gateway: Gateway }
  | { readonly ok: false; readonly failure: StartFailure }

/** A running gateway. */
export interface Gateway {
  /** Live state, for the admin pages, the banner and tests. */
  readonly view: AdminView
  /** How the start ended, with its warnings. */
  readonly started: ReloadStatus
  settings(): Settings
  /** Whether the admin pages ask for a token kept under `state_dir`; false: for the credentials of `admin_api`. */
  readonly hasAdminToken: boolean
  /** Resolves when every key set has arrived or failed to once, or after `atMostMs`. */
  keysSettled(atMostMs: number): Promise<void>
  /** Writes the state to the log, as the status page shows it. */
  logState(): void
  /** Resolves when every change of the files from now on is seen. */
  watching(): Promise<void>
  /** Reloads now; resolves with how that ended and never rejects. */
  reload(reason: ReloadReason): Promise<ReloadStatus>
  /** Calls back after each reload, whatever its end. Returns what stops that. */
  onReload(listener: (status: ReloadStatus) => void): () => void
  /**
   * Drains and closes: readiness is gone at once; after `drain.delay` nothing more is accepted; requests under way are served for at
   * most `drain.timeout`. Resolves with whether all of them were.
   */
  stop(): Promise<boolean>
  /** Resources in use by snapshots: zero after `stop`. */
  held(): number
}
