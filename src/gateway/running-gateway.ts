import { readFileSync } from 'node:fs'
import { listAdminRoutes } from '../admin/admin-routes.ts'
import type { AdminView } from '../admin/admin-view.ts'
import { describeStatus } from '../admin/status.ts'
import type { Finding } from '../diagnostics/problem.ts'
import type { Result } from '../errors/denial.ts'
import { type AccessLog, createAccessLog } from '../log/access-log.ts'
import type { AdjustableLogger } from '../log/pino-logger.ts'
import { renderMetrics } from '../metrics/exposition.ts'
import { type Built, createReloader, type Reloader } from '../reload/reload.ts'
import { logReload } from '../reload/reload-log.ts'
import type { ReloadReason, ReloadStatus } from '../reload/reload-status.ts'
import { ListenerSet, type ListenFailure, type PreparedListeners } from '../server/listeners.ts'
import { listWantedListeners } from '../server/wanted-listeners.ts'
import type { LoadResult } from '../settings/load.ts'
import type { Settings } from '../settings/model.ts'
import { type Watcher, watchPaths } from '../settings/watch.ts'
import { type CompileParts, compileSnapshot } from '../snapshot/compile.ts'
import { compileFixedRoute } from '../snapshot/compile-built-in.ts'
import { createSnapshotHolder, type SnapshotHolder } from '../snapshot/holder.ts'
import type { PathRoutes, Route, Snapshot } from '../snapshot/snapshot.ts'
import { createAdminView } from './admin-view.ts'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { createGauges } from './gauges.ts'
import { createListenerOpener } from './open-listener.ts'

/** What a running gateway was given beside its options and the parts of its snapshots. */
export interface RunningParts {
  /** Undefined where `admin_api` has credentials, or where the token cannot be kept. */
  readonly adminToken: string | undefined
  readonly logger: AdjustableLogger
  readonly load: () => Promise<LoadResult>
}

/** A gateway from its first snapshot to its last: the state that reloads change, and nothing else. */
export class RunningGateway implements Gateway {
  readonly view: AdminView
  readonly hasAdminToken: boolean
  readonly #options: GatewayOptions
  readonly #parts: CompileParts
  readonly #running: RunningParts
  readonly #holder: SnapshotHolder
  readonly #listeners: ListenerSet
  readonly #onReload = new Set<(status: ReloadStatus) => void>()
  #accessLog: AccessLog
  #adminPaths: PathRoutes
  #sinceMs: number
  #isDraining = false
  #stopped: Promise<boolean> | undefined
  #started: ReloadStatus | undefined
  #reloader: Reloader | undefined
  #watcher: Watcher | undefined

  constructor(options: GatewayOptions, parts: CompileParts, first: Snapshot, running: RunningParts) {
    this.#options = options
    this.#parts = parts
    this.#running = running
    this.hasAdminToken = running.adminToken !== undefined
    this.#sinceMs = parts.clock.now()
    this.#holder = createSnapshotHolder(first)
    this.#listeners = new ListenerSet(
      createListenerOpener({
        ...parts,
        holder: this.#holder,
        accessLog: () => this.#accessLog,
        adminPaths: () => this.#adminPaths,
      }),
    )
    this.view = createAdminView({
      version: options.version,
      startedAtMs: this.#sinceMs,
      draining: () => this.#isDraining,
      sinceMs: () => this.#sinceMs,
      snapshot: () => this.#holder.current(),
      listeners: () => this.#listeners.list(),
      lastReload: () => this.#reloader?.last(),
    })
    this.#accessLog = this.#createAccessLog(first.settings)
    this.#adminPaths = this.#compileAdminPaths(first.settings)
  }

  get started(): ReloadStatus {
    if (this.#started === undefined) throw new TypeError('the gateway has not begun')
    return this.#started
  }

  settings(): Settings {
    return this.#holder.current().settings
  }

  /** Opens what settings ask for beside what is open. */
  async openListeners(settings: Settings): Promise<Result<PreparedListeners, readonly Finding[]>> {
    const wanted = listWantedListeners(settings, readFileSync)
    if (!wanted.ok) {
      const { message, pointer } = wanted.error
      return { ok: false, error: [{ code: 'config.unusable', severity: 'error', message, pointer }] }
    }
    const prepared = await this.#listeners.prepare(wanted.value)
    return prepared.ok ? prepared : { ok: false, error: [toFinding(prepared.error)] }
  }

  /** Begins to reload and to watch. Call once, after the first listeners accept. */
  begin(started: ReloadStatus, watched: readonly string[]): void {
    this.#started = started
    logReload(started, this.#running.logger)
    this.#reloader = createReloader(
      {
        clock: this.#parts.clock,
        load: this.#running.load,
        build: settings => this.#build(settings),
        revision: () => this.#holder.current().revision,
        report: status => this.#report(status),
        watch: paths => this.#watcher?.update(paths),
      },
      started,
    )
    if (!this.#options.watch) return
    this.#watcher = watchPaths(watched, () => void this.reload('file'), { logger: this.#running.logger })
  }

  async keysSettled(atMostMs: number): Promise<void> {
    const late = Promise.withResolvers<void>()
    const cancel = this.#parts.schedule(atMostMs, late.resolve)
    const settled = Promise.all(this.#holder.current().authServers.map(({ keys }) => keys.settled()))
    await Promise.race([settled, late.promise])
    cancel()
  }

  logState(): void {
    this.#running.logger.info({ state: describeStatus(this.view, this.#parts.clock.now()) }, 'state of the gateway')
  }

  async watching(): Promise<void> {
    await this.#watcher?.ready()
  }

  reload(reason: ReloadReason): Promise<ReloadStatus> {
    return this.#reloader?.request(reason) ?? Promise.resolve(this.started)
  }

  onReload(listener: (status: ReloadStatus) => void): () => void {
    this.#onReload.add(listener)
    return () => this.#onReload.delete(listener)
  }

  stop(): Promise<boolean> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Gives everything back without having begun. */
  async abandon(): Promise<void> {
    await this.#listeners.close()
    await this.#holder.close()
  }

  held(): number {
    return this.#parts.ledger.size()
  }

  async #build(settings: Settings): Promise<Built> {
    const compiled = await compileSnapshot(settings, this.#parts)
    if (!compiled.ok) return { ok: false, findings: compiled.error }
    const { snapshot, warnings } = compiled.value
    const listeners = await this.openListeners(settings)
    if (!listeners.ok) {
      await snapshot.retire()
      return { ok: false, findings: listeners.error }
    }
    const findings = [...warnings, ...findRestarts(this.settings(), settings)]
    return { ok: true, warnings: findings, putInForce: () => this.#putInForce(snapshot, listeners.value) }
  }

  #putInForce(snapshot: Snapshot, listeners: PreparedListeners): void {
    const { settings } = snapshot
    this.#running.logger.setLevel(settings.logging.level)
    this.#accessLog = this.#createAccessLog(settings)
    this.#holder.swap(snapshot)
    this.#adminPaths = this.#compileAdminPaths(settings)
    this.#sinceMs = this.#parts.clock.now()
    listeners.commit()
    this.#parts.counters.retain([...snapshot.counters, ...countersOf(this.#adminPaths)])
  }

  #report(status: ReloadStatus): void {
    logReload(status, this.#running.logger)
    for (const listener of this.#onReload) listener(status)
  }

  async #stop(): Promise<boolean> {
    const { drain } = this.settings()
    this.#isDraining = true
    await this.#watcher?.close()
    await this.#reloader?.close()
    const { schedule } = this.#parts
    if (drain.delayMs > 0) await new Promise<void>(resolve => schedule(drain.delayMs, resolve))
    const late = Promise.withResolvers<boolean>()
    const cancel = schedule(drain.timeoutMs, () => late.resolve(false))
    const served = this.#listeners.drain(['http', 'https']).then(() => true)
    const isComplete = await Promise.race([served, late.promise])
    cancel()
    await this.#listeners.close()
    await this.#holder.close()
    return isComplete
  }

  #createAccessLog(settings: Settings): AccessLog {
    return createAccessLog(settings.logging.accessLog, this.#options.destination, this.#parts.clock)
  }

  #compileAdminPaths(settings: Settings): PathRoutes {
    const { counters, clock } = this.#parts
    const gauges = createGauges(this.#options, this.view)
    const routes = listAdminRoutes(settings.adminApi, {
      view: this.view,
      clock,
      token: this.#running.adminToken,
      metrics: () => renderMetrics(counters, gauges()),
    })
    const paths = new Map<string, Map<string, Route>>()
    for (const { method, path, target, policies, schemes } of routes) {
      paths.set(path, new Map([[method, compileFixedRoute(method, path, target, counters, schemes, policies)]]))
    }
    return paths
  }
}

function countersOf(paths: PathRoutes): Route['counters'][] {
  return [...paths.values()].flatMap(methods => [...methods.values()].map(({ counters }) => counters))
}

function toFinding({ kind, address, code }: ListenFailure): Finding {
  const where = `${address.host ?? '*'}:${address.port}`
  const why = code === 'EADDRINUSE' ? 'it is in use' : code === 'EACCES' ? 'it is not allowed' : code
  return {
    code: 'config.unusable',
    severity: 'error',
    message: `\`ports.${kind}\` cannot be opened at ${where}: ${why}`,
    pointer: `/ports/${kind}`,
    label: code,
    help: 'name an address that is free and allowed, or stop what uses it',
  }
}

/** What of a change waits for a restart (product.md section 2, hot reload). */
function findRestarts(now: Settings, next: Settings): readonly Finding[] {
  if (now.stateDir === next.stateDir) return []
  return [
    {
      code: 'config.needs_restart',
      severity: 'warning',
      message: '`state_dir` changes with a restart only; the old one stays in use',
      pointer: '/state_dir',
      help: 'restart the gateway',
    },
  ]
}
