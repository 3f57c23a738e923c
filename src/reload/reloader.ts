import type { Finding, Problem } from '../diagnostics/problem.ts'
import { type ReloadEnd, type ReloadParts, reload } from './reload.ts'
import type { ReloadReason, ReloadStatus } from './reload-status.ts'

export interface Reloader {
  /** Reloads; while a run is under way all requests are one more run behind it. Resolves with how it ended and never rejects. */
  request(reason: ReloadReason): Promise<ReloadStatus>
  /** How the last run ended; how the start did, before the first. */
  last(): ReloadStatus
  /** Refuses further requests and resolves when a run under way has ended. */
  close(): Promise<void>
}

/** One run that was asked for and has not begun. */
interface Order {
  reason: ReloadReason
  readonly ended: PromiseWithResolvers<ReloadStatus>
}

/**
 * Creates what reloads, one at a time. `first` is how the start ended, `warnings` what compiling its settings found.
 */
export function createReloader(parts: ReloadParts, first: ReloadStatus, warnings: readonly Finding[] = []): Reloader {
  let last: ReloadEnd = { status: first, warnings }
  let next: Order | undefined
  let worker: Promise<void> | undefined
  let closed = false

  const run = async (reason: ReloadReason): Promise<ReloadStatus> => {
    const before = last
    last = await reload(parts, reason, before).catch(cause => toDefect(parts, reason, before, cause))
    try {
      parts.report(last.status, before.status)
    } catch (cause) {
      parts.onDefect(cause)
    }
    return last.status
  }
  const work = async (): Promise<void> => {
    for (let order = next; order !== undefined; order = next) {
      next = undefined
      order.ended.resolve(closed ? last.status : await run(order.reason))
    }
    worker = undefined
  }

  return {
    request(reason) {
      if (closed) return Promise.resolve(last.status)
      next ??= { reason, ended: Promise.withResolvers() }
      // Who asked for it wants an answer; a file that changed wants none.
      if (reason !== 'file') next.reason = reason
      const { promise } = next.ended
      worker ??= work()
      return promise
    },
    last: () => last.status,
    async close() {
      closed = true
      await worker
    },
  }
}

/** A reload that throws is a defect of ours: what runs keeps running, and the operator is told. */
function toDefect(parts: ReloadParts, reason: ReloadReason, { warnings }: ReloadEnd, cause: unknown): ReloadEnd {
  parts.onDefect(cause)
  const problem: Problem = {
    code: 'config.defect',
    severity: 'error',
    message: 'the settings could not be applied because of a defect of the gateway; the log has the details',
    help: 'report it; what ran before keeps running',
  }
  const status: ReloadStatus = {
    result: 'refused',
    reason,
    at: parts.clock.now(),
    durationMs: 0,
    revision: parts.revision(),
    problems: [problem],
    sources: new Map(),
  }
  return { status, warnings }
}
