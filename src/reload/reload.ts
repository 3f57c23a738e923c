/**
 * The second story a newcomer reads: how a change takes effect. A new world is built beside the old one and swapped in one
 * assignment; a failure changes nothing and is loud. Nothing here knows YAML, sockets or policies: the steps are handed in by
 * `gateway`. `reloader.ts` calls it, one at a time.
 */
import type { Clock } from '../clock/clock.ts'
import type { Finding } from '../diagnostics/problem.ts'
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
  /** Told about each end of a reload, before the caller of `request` is, and about the end of the one before. */
  report(status: ReloadStatus, before: ReloadStatus): void
  /** Files to watch from now on. */
  watch(paths: readonly string[]): void
  /** Told what was thrown, where a step threw. */
  onDefect(cause: unknown): void
  /** Resolves after a moment in which a file that is being written gets its end. */
  pause(): Promise<void>
}

/** How a reload ended, and what compiling found in the settings that are in force since. */
export interface ReloadEnd {
  readonly status: ReloadStatus
  readonly warnings: readonly Finding[]
}

/** Loads, compares, builds and puts in force, or says what stands in the way. Rejects only for a defect of a step. */
export async function reload(parts: ReloadParts, reason: ReloadReason, { warnings }: ReloadEnd): Promise<ReloadEnd> {
  const at = parts.clock.now()
  const startedAt = parts.clock.monotonic()
  const loaded = await loadWhole(parts, reason)
  parts.watch(loaded.watched)
  const end = (
    result: ReloadStatus['result'],
    found: readonly Finding[],
    inForce: readonly Finding[] = warnings,
  ): ReloadEnd => ({
    status: {
      result,
      reason,
      at,
      durationMs: parts.clock.monotonic() - startedAt,
      revision: parts.revision(),
      problems: [...loaded.problems, ...loaded.locate(found)],
      sources: loaded.sources,
    },
    warnings: inForce,
  })

  if (loaded.settings === undefined) return end('refused', [])
  // Compiled before: what was found then still holds.
  if (loaded.settings.revision === parts.revision()) return end('unchanged', warnings)
  const built = await parts.build(loaded.settings)
  if (!built.ok) return end('refused', built.findings)
  built.putInForce()
  return end('applied', built.warnings, built.warnings)
}

/** A file that was seen half written would be a false alarm: what is wrong after a change on disk is looked at twice. */
async function loadWhole(parts: ReloadParts, reason: ReloadReason): Promise<LoadResult> {
  const loaded = await parts.load()
  if (loaded.settings !== undefined || reason !== 'file') return loaded
  await parts.pause()
  return parts.load()
}
