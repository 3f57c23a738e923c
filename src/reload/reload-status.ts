import type { Problem } from '../diagnostics/problem.ts'

/** Why a reload was asked for. */
export type ReloadReason = 'start' | 'file' | 'signal' | 'admin'

/** How one reload ended. */
export interface ReloadStatus {
  readonly result: 'applied' | 'unchanged' | 'refused'
  readonly reason: ReloadReason
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly durationMs: number
  /** The revision in force afterwards: the old one where the reload was refused. */
  readonly revision: string
  /** Errors and warnings of what was read, with their places. */
  readonly problems: readonly Problem[]
  /** The texts the problems point into, by file. */
  readonly sources: ReadonlyMap<string, string>
}
