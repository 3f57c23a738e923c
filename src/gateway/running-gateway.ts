import { listAdminRoutes } from '../admin/admin-routes.ts'
import type { AdminView } from '../admin/admin-view.ts'
import { describeStatus } from '../admin/status.ts'
import type { Finding } from '../diagnostics/problem.ts'
import type { Result } from '../errors/denial.ts'
import { ExpiryWatch } from '../keys/certificate-expiry.ts'
import type { Stores } from '../keys/stores.ts'
import { type AccessLog, createAccessLog } from '../log/access-log.ts'
import type { AdjustableLogger } from '../log/pino-logger.ts'
import { renderMetrics } from '../metrics/exposition.ts'
import type { Built, ReloadParts } from '../reload/reload.ts'
import { logReload } from '../reload/reload-log.ts'
import type { ReloadReason, ReloadStatus } from '../reload/reload-status.ts'
import { createReloader, type Reloader } from '../reload/reloader.ts'
import { createJudgeAgain } from '../server/judge-again.ts'
import { ListenerSet, type ListenFailure, type PreparedListeners } from '../server/listeners.ts'
import { OpenStreams } from '../server/open-streams.ts'
import { listWantedListeners } from '../server/wanted-listeners.ts'
import type { LoadResult } from '../settings/load.ts'
import type { ListenAddress, Settings } from '../settings/model.ts'
import { type Watcher, watchPaths } from '../settings/watch.ts'
import { type CompileParts, compileSnapshot } from '../snapshot/compile.ts'
import { compileFixedRoute } from '../snapshot/compile-built-in.ts'
import { createSnapshotHolder, type SnapshotHolder } from '../snapshot/holder.ts'
import type { PathRoutes, Route, Snapshot } from '../snapshot/snapshot.ts'
import { openAdminAccess } from './admin-access.ts'
import { createAdminView } from './admin-view.ts'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { readGauges } from './gauges.ts'
import { createListenerOpener } from './open-listener.ts'
import { createOverload, type Overload } from './overload.ts'

/** What a running gateway was given beside its options and the parts of its snapshots. */
export interface RunningParts {
  /** Undefined where `admin_api` has credentials, or where the token cannot be kept; a reload may change that. */
  readonly adminToken: string | undefined
  readonly logger: AdjustableLogger
  readonly load: () => Promise<LoadResult>
}

/** How long a file that is being written may take to its end, in milliseconds. */
const HALF_WRITTEN_MS = 300
/** How long what no caller waits for any more (a password check, a key that is fetched) may hold up the end, in milliseconds. */
const LAST_WORK_MS = 3_000

/** A gateway from its first snapshot to its last: the state that reloads change, and nothing else. */
export class RunningGateway implements Gateway {
  readonly view: AdminView
  readonly #options: GatewayOptions
  readonly #parts: CompileParts
  readonly #running: RunningParts
  readonly #holder: SnapshotHolder
  readonly #listeners: ListenerSet
  readonly #overload: Overload
  readonly #streams: OpenStreams
  readonly #expiry: ExpiryWatch
  readonly #onReload = new Set<(status: ReloadStatus) => void>()
  /** The one that is used, whatever later settings say. */
  readonly #stateDir: string
  #accessLog: AccessLog
  #adminToken: string | undefined
  #adminPaths: PathRoutes
  #sinceMs: number
  #lastSuccessAtMs: number
  #watched: ReadonlySet<string> = new Set()
  #isDraining = false
  #stopped: Promise<boolean> | undefined
  #started: ReloadStatus | undefined
  #reloader: Reloader | undefined
  #watcher: Watcher | undefined

  constructor(options: GatewayOptions, parts: CompileParts, first: Snapshot, running: RunningParts) {
    this.#options = options
    this.#parts = parts
    this.#running = running
    this.#stateDir = first.settings.stateDir
    this.#adminToken = running.adminToken
    this.#sinceMs = parts.clock.now()
    this.#lastSuccessAtMs = this.#sinceMs
    this.#holder = createSnapshotHolder(first, cause => this.#noteDefect(cause, 'resources could not be given back'))
    this.#overload = createOverload(first.settings.limits, parts, options.processFacts)
    this.#expiry = new ExpiryWatch(() => this.#holder.current().certificates(), parts)
    this.#streams = new OpenStreams({
      ...parts,
      current: () => this.#holder.current(),
      judge: createJudgeAgain(this.#holder, parts.clock),
      onDefect: cause => this.#noteDefect(cause, 'a stream could not be judged or ended'),
    })
    this.#listeners = new ListenerSet(
      createListenerOpener({
        ...parts,
        streams: this.#streams,
        overload: this.#overload,
        holder: this.#holder,
        accessLog: () => this.#accessLog,
        adminPaths: () => this.#adminPaths,
      }),
      ({ kind, address, code }) =>
        running.logger.error({ code }, `\`ports.${kind}\` is gone: ${whereIs(address)} made room and is now taken`),
    )
    this.view = createAdminView({
      version: options.version,
      startedAtMs: this.#sinceMs,
      draining: () => this.#isDraining,
      sinceMs: () => this.#sinceMs,
      snapshot: () => this.#holder.current(),
      listeners: () => this.#listeners.list(),
      lastReload: () => this.#reloader?.last(),
      overload: () => this.#overload.view(),
      keptRevocations: () => parts.keptRevocations.list().length,
    })
    this.#accessLog = this.#createAccessLog(first.settings)
    this.#adminPaths = this.#compileAdminPaths(first.settings)
  }

  get started(): ReloadStatus {
    if (this.#started === undefined) throw new TypeError('the gateway has not begun')
    return this.#started
  }

  get hasAdminToken(): boolean {
    return this.#adminToken !== undefined
  }

  settings(): Settings {
    return this.#holder.current().settings
  }

  /** Opens what settings ask for beside what is open. */
  async openListeners(settings: Settings, stores: Stores): Promise<Result<PreparedListeners, readonly Finding[]>> {
    const wanted = listWantedListeners(settings, stores)
    if (!wanted.ok) return { ok: false, error: [wanted.error] }
    const prepared = await this.#listeners.prepare(wanted.value)
    return prepared.ok ? prepared : { ok: false, error: [toFinding(prepared.error)] }
  }

  /** Begins to reload and to watch. Call once, after the first listeners accept; `warnings` is what compiling found. */
  begin(started: ReloadStatus, warnings: readonly Finding[], watched: readonly string[]): void {
    const { logger } = this.#running
    this.#started = started
    logReload(started, logger)
    this.#expiry.look()
    const parts: ReloadParts = {
      clock: this.#parts.clock,
      load: this.#running.load,
      build: settings => this.#build(settings),
      revision: () => this.#holder.current().revision,
      report: (status, before) => this.#report(status, before),
      watch: paths => this.#watch(paths),
      onDefect: cause => this.#noteDefect(cause, 'a reload failed'),
      pause: () => new Promise(resolve => this.#parts.schedule(HALF_WRITTEN_MS, resolve)),
    }
    this.#reloader = createReloader(parts, started, warnings)
    if (this.#options.watch) this.#watcher = watchPaths([], () => void this.reload('file'), { logger })
    this.#watch(watched)
  }

  async keysSettled(atMostMs: number): Promise<void> {
    const settling = this.#holder.current().authServers.map(({ keys }) => keys.settled())
    await this.#isDoneWithin(atMostMs, Promise.all(settling))
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
    this.#overload.close()
    this.#expiry.close()
    await this.#listeners.close()
    await this.#holder.close()
  }

  held(): number {
    return this.#parts.ledger.size()
  }

  async #build(settings: Settings): Promise<Built> {
    const compiled = await compileSnapshot(settings, this.#parts)
    if (!compiled.ok) return { ok: false, findings: compiled.error }
    const { snapshot, stores, warnings } = compiled.value
    try {
      const admin = await openAdminAccess(settings, this.#parts.store)
      const listeners = await this.openListeners(settings, stores)
      if (listeners.ok) {
        const findings = [...warnings, ...admin.findings, ...findRestarts(this.#stateDir, settings)]
        const putInForce = (): void => this.#putInForce(snapshot, admin.token, listeners.value)
        return { ok: true, warnings: findings, putInForce }
      }
      await snapshot.retire()
      return { ok: false, findings: listeners.error }
    } catch (defect) {
      await snapshot.retire()
      throw defect
    }
  }

  #putInForce(snapshot: Snapshot, adminToken: string | undefined, listeners: PreparedListeners): void {
    const { settings } = snapshot
    this.#running.logger.setLevel(settings.logging.level)
    this.#accessLog = this.#createAccessLog(settings)
    this.#holder.swap(snapshot)
    this.#adminToken = adminToken
    this.#adminPaths = this.#compileAdminPaths(settings)
    this.#sinceMs = this.#parts.clock.now()
    this.#overload.update(settings.limits)
    this.#parts.tokenCache.resize(settings.limits.maxCachedTokens)
    this.#parts.proofs.replays.resize(settings.limits.maxDpopProofs)
    listeners.commit()
    this.#expiry.look()
    this.#parts.counters.retain([...snapshot.counters, ...countersOf(this.#adminPaths)])
  }

  /** Watches paths. Those that are new were read before they were watched: what changed in between is looked at once more. */
  #watch(paths: readonly string[]): void {
    const watcher = this.#watcher
    if (watcher === undefined) return
    const isNew = paths.some(path => !this.#watched.has(path))
    this.#watched = new Set(paths)
    watcher.update(paths)
    if (isNew) void watcher.ready().then(() => this.reload('file'))
  }

  #report(status: ReloadStatus, before: ReloadStatus): void {
    if (status.result !== 'refused') this.#lastSuccessAtMs = status.at
    logReload(status, this.#running.logger, before)
    for (const listener of this.#onReload) listener(status)
  }

  async #stop(): Promise<boolean> {
    const { drain } = this.settings()
    this.#isDraining = true
    await this.#watcher?.close()
    await this.#reloader?.close()
    const { schedule } = this.#parts
    if (drain.delayMs > 0) await new Promise<void>(resolve => schedule(drain.delayMs, resolve))
    const isServed = await this.#isDoneWithin(drain.timeoutMs, this.#listeners.drain(['http', 'https']))
    await this.#listeners.close()
    this.#overload.close()
    this.#expiry.close()
    const isGivenBack = await this.#isDoneWithin(LAST_WORK_MS, this.#holder.close())
    return isServed && isGivenBack
  }

  async #isDoneWithin(atMostMs: number, work: Promise<unknown>): Promise<boolean> {
    const late = Promise.withResolvers<boolean>()
    const cancel = this.#parts.schedule(atMostMs, () => late.resolve(false))
    const isDone = await Promise.race([work.then(() => true), late.promise])
    cancel()
    return isDone
  }

  #noteDefect(err: unknown, what: string): void {
    this.#parts.counters.defects += 1
    this.#running.logger.error({ err }, `${what}: this is a defect of the gateway`)
  }

  #createAccessLog(settings: Settings): AccessLog {
    return createAccessLog(settings.logging.accessLog, this.#options.destination, this.#parts.clock)
  }

  #compileAdminPaths(settings: Settings): PathRoutes {
    const { counters, clock, schedule, tokenCache } = this.#parts
    const routes = listAdminRoutes(settings.adminApi, {
      view: this.view,
      clock,
      schedule,
      token: this.#adminToken,
      refreshKeys: async name => {
        const server = this.#holder.current().authServers.find(({ settings: { name: own } }) => own === name)
        await server?.keys.refresh()
      },
      revocations: this.#parts.keptRevocations,
      metrics: () =>
        renderMetrics(
          counters,
          readGauges(this.#options, this.view, this.#lastSuccessAtMs, {
            tokenCache: tokenCache.uses,
            overload: this.#overload.gauges(),
            streams: this.#streams.count(),
          }),
        ),
    })
    const paths = new Map<string, Map<string, Route>>()
    for (const { method, path, target, policies, schemes } of routes) {
      const methods = paths.get(path) ?? new Map<string, Route>()
      paths.set(path, methods.set(method, compileFixedRoute(method, path, target, counters, schemes, policies)))
    }
    return paths
  }
}

function countersOf(paths: PathRoutes): Route['counters'][] {
  return [...paths.values()].flatMap(methods => [...methods.values()].map(({ counters }) => counters))
}

function whereIs({ host, port }: ListenAddress): string {
  return `${host ?? '*'}:${port}`
}

function toFinding({ kind, address, code }: ListenFailure): Finding {
  const why = code === 'EADDRINUSE' ? 'it is in use' : code === 'EACCES' ? 'it is not allowed' : code
  return {
    code: 'config.unusable',
    severity: 'error',
    message: `\`ports.${kind}\` cannot be opened at ${whereIs(address)}: ${why}`,
    pointer: `/ports/${kind}`,
    label: code,
    help: 'name an address that is free and allowed, or stop what uses it',
  }
}

/** What of a change waits for a restart (product.md section 2, hot reload). */
function findRestarts(stateDir: string, next: Settings): readonly Finding[] {
  if (stateDir === next.stateDir) return []
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
