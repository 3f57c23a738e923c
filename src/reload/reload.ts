/**
 * The second story a newcomer reads: how a change takes effect. At most one reload runs at a time; what arrives meanwhile is one more
 * run. A new world is built beside the old one and swapped in one assignment; a failure changes nothing and is loud.
 * Nothing here knows YAML, sockets or policies: the steps are handed in by `gateway.ts`.
 */
import type { Clock } from '../clock/clock.ts'
import type { Finding, Problem } from '../diagnostics/problem.ts'
import type { LoadResult } from '../settings/load.ts'
import type { Settings } from '../settings/model.ts'
import type { ReloadReason, ReloadStatus } from './reload-status.ts'

/** The result of building a new world: a way to put it in force, or what stands in the way. */
export type Built =
  | { readonly ok: true; readonly warnings: readonly Finding[]; putInForce(): void }
  | { readonly ok: false; readonly findings: readonly Finding[] }

export interface ReloadParts {
  readonly clock: Clock
  load(): Promise<LoadResult>
  /** Builds everything beside what runs, without touching it. */
  build(settings: Settings): Promise<Built>
  revision(): string
  /** Told about each end of a reload, before the caller of `request` is. */
  report(status: ReloadStatus): void
  /** Files to watch from now on. */
  watch(paths: readonly string[]): void
}

export interface Reloader {
  /** Reloads, or joins the next run if one is under way; resolves with how it ended and never rejects. */
  request(reason: ReloadReason): Promise<ReloadStatus>
  last(): ReloadStatus | undefined
  /** Refuses further requests and resolves when a run under way has ended. */
  close(): Promise<void>
}

/** Creates the reloader. `first` is how the start ended. */
export function createReloader(parts: ReloadParts, first: ReloadStatus): Reloader {
  let last = first
  let running: Promise<ReloadStatus> | undefined
  let next: Promise<ReloadStatus> | undefined
  let closed = false

  const run = async (reason: ReloadReason): Promise<ReloadStatus> => {
    const status = await reload(parts, reason)
    last = status
    parts.report(status)
    return status
  }
  const start = (reason: ReloadReason): Promise<ReloadStatus> => {
    const started = run(reason).finally(() => {
      running = undefined
    })
    running = started
    return started
  }

  return {
    request(reason) {
      if (closed) return Promise.resolve(last)
      if (running === undefined) return start(reason)
      next ??= running.then(() => {
        next = undefined
        return closed ? last : start(reason)
      })
      return next
    },
    last: () => last,
    async close() {
      closed = true
      await running
    },
  }
}

async function reload(parts: ReloadParts, reason: ReloadReason): Promise<ReloadStatus> {
  const at = parts.clock.now()
  const startedAt = parts.clock.monotonic()
  const loaded = await parts.load()
  parts.watch(loaded.watched)
  const end = (result: ReloadStatus['result'], problems: readonly Problem[]): ReloadStatus => ({
    result,
    reason,
    at,
    durationMs: parts.clock.monotonic() - startedAt,
    revision: parts.revision(),
    problems,
    sources: loaded.sources,
  })

  if (loaded.settings === undefined) return end('refused', loaded.problems)
  if (loaded.settings.revision === parts.revision()) return end('unchanged', loaded.problems)
  const built = await parts.build(loaded.settings)
  if (!built.ok) return end('refused', [...loaded.problems, ...loaded.locate(built.findings)])
  built.putInForce()
  return end('applied', [...loaded.problems, ...loaded.locate(built.warnings)])
}
