/** Runs something once, later. Returns what cancels it; cancelling twice, or after it ran, does nothing. */
export type Schedule = (delayMs: number, run: () => void) => () => void

/** Longest delay that the platform's timers keep; a longer one would run at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/** Creates the schedule of the operating system. Its timers never keep the process alive. */
export function createSystemSchedule(): Schedule {
  return (delayMs, run) => {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS))
    timer.unref()
    return () => clearTimeout(timer)
  }
}
