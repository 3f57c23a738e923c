import type { Schedule } from './schedule.ts'

/**
 * Creates a schedule on which nothing that runs ends the process: an exception in a timer has no caller that could catch it. It is a
 * defect, told to `onDefect`, which must not throw.
 */
export function createGuardedSchedule(schedule: Schedule, onDefect: (error: unknown) => void): Schedule {
  return (delayMs, run) =>
    schedule(delayMs, () => {
      try {
        run()
      } catch (error) {
        onDefect(error)
      }
    })
}
