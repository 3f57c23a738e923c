/**
 * The one source of time. `gateway.ts` makes the system clock and hands it down; tests hand down one they can move.
 * Nothing else in `src` calls `Date.now` or `performance.now` (held by `test/architecture.test.ts`).
 */

/** Seconds since the epoch as RFC 7519 section 2 defines them; fractions are allowed. Never mixed with milliseconds. */
export type NumericDate = number & { readonly __unit: 'seconds since the epoch' }

export interface Clock {
  /** Wall clock, in milliseconds since the epoch. May jump; for token times and log stamps. */
  now(): number
  /** Monotonic clock, in milliseconds since some fixed point. For durations and timeouts. */
  monotonic(): number
}

/** Creates the clock of the operating system. */
export function createSystemClock(): Clock {
  return { now: () => Date.now(), monotonic: () => performance.now() }
}
