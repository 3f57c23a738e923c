import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock/clock.ts'

/** Failures that cost nothing: everybody mistypes. */
const FREE_FAILURES = 3
const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 5_000
/** After this long without a failure the count starts again. */
const MEMORY_MS = 5 * 60_000
const MAX_NAMES = 10_000

/** Failed password checks of late, by whatever they are counted for: a client address, a user. */
export interface FailureCount {
  /** Counts one failure for each name and returns how long its answer is held back, in milliseconds. */
  add(names: readonly string[]): number
  /** Tells whether this name has failed more often than is free. */
  isSlowed(name: string): boolean
  forget(name: string): void
}

/** Creates an empty count, bounded in size: the least recently counted names are forgotten first. Times come from the monotonic clock. */
export function createFailureCount(clock: Clock): FailureCount {
  const counts = new LRUCache<string, { failures: number; untilMs: number }>({ max: MAX_NAMES })

  const current = (name: string): number => {
    const count = counts.get(name)
    return count === undefined || count.untilMs <= clock.monotonic() ? 0 : count.failures
  }
  const addOne = (name: string): number => {
    const failures = current(name) + 1
    counts.set(name, { failures, untilMs: clock.monotonic() + MEMORY_MS })
    return failures
  }
  return {
    add: names => toDelay(Math.max(...names.map(addOne))),
    isSlowed: name => current(name) > FREE_FAILURES,
    forget: name => void counts.delete(name),
  }
}

function toDelay(failures: number): number {
  if (failures <= FREE_FAILURES) return 0
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES - 1))
}
