import type { Clock } from '../../src/clock/clock.ts'
import type { Schedule } from '../../src/clock/schedule.ts'

/** A clock that stands still until a test moves it, with timers that run when it passes them. */
export interface TestClock extends Clock {
  /** Moves both clocks forward and runs the timers on the way, in order. */
  advance(milliseconds: number): void
  /** Makes the wall clock jump, without time passing: the monotonic clock and the timers stay. */
  jumpTo(epochMs: number): void
  /** Seconds since the epoch, for `exp` and the like. */
  seconds(): number
  readonly schedule: Schedule
  /** Number of timers that wait. */
  timers(): number
}

/** 2026-01-01T00:00:00Z. */
export const TEST_START_MS = 1_767_225_600_000

/** Creates a clock that shows `startMs` (milliseconds since the epoch) and does not move by itself. */
export function createTestClock(startMs: number = TEST_START_MS): TestClock {
  let wall = startMs
  let monotonic = 1_000
  let waiting: { readonly at: number; readonly run: () => void }[] = []
  return {
    now: () => wall,
    monotonic: () => monotonic,
    seconds: () => Math.floor(wall / 1000),
    timers: () => waiting.length,
    jumpTo(epochMs) {
      wall = epochMs
    },
    schedule(delayMs, run) {
      const timer = { at: monotonic + Math.max(delayMs, 0), run }
      waiting.push(timer)
      return () => {
        waiting = waiting.filter(other => other !== timer)
      }
    },
    advance(milliseconds) {
      const until = monotonic + milliseconds
      for (;;) {
        const due = waiting.filter(timer => timer.at <= until).sort((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        waiting = waiting.filter(other => other !== due)
        wall += Math.max(due.at - monotonic, 0)
        monotonic = Math.max(due.at, monotonic)
        due.run()
      }
      wall += until - monotonic
      monotonic = until
    },
  }
}
