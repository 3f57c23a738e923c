import { type Clock, createSystemClock as createClock } from '../../src/clock/clock.ts'
import { createSystemSchedule, type Schedule } from '../../src/clock/schedule.ts'

/** The real clock and the real timers, for tests with real sockets. */
export function createSystemClock(): { readonly clock: Clock; readonly schedule: Schedule } {
  return { clock: createClock(), schedule: createSystemSchedule() }
}
