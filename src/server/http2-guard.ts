import type { Clock } from '../clock/clock.ts'

/** What a caller may do on one connection only so often in 30 s. */
export type CountedEvent = 'reset' | 'ping' | 'settings'

/** Length of the window in which events are counted, in milliseconds. */
export const GUARD_WINDOW_MS = 30_000
/** PING frames in one window: more than any estimate of bandwidth needs (CVE-2019-9512). */
export const MAX_PINGS = 6_000
/** SETTINGS frames in one window; callers send one or two in the life of a connection (CVE-2019-9515). */
export const MAX_SETTINGS_FRAMES = 100

/**
 * Counts on one HTTP/2 connection what costs us more than it costs the caller: streams that it breaks off (CVE-2023-44487), or makes
 * us break off (CVE-2025-8671), PING and SETTINGS frames.
 */
export class Http2Guard {
  readonly #clock: Clock
  readonly #most: Readonly<Record<CountedEvent, number>>
  readonly #counts: Record<CountedEvent, number> = { reset: 0, ping: 0, settings: 0 }
  #since: number

  /** @param maxResets streams that the connection may break off in one window (`http2.max_resets`) */
  constructor(clock: Clock, maxResets: number) {
    this.#clock = clock
    this.#most = { reset: maxResets, ping: MAX_PINGS, settings: MAX_SETTINGS_FRAMES }
    this.#since = clock.monotonic()
  }

  /** Counts an event; false means that it was one too many. */
  allows(event: CountedEvent): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#since >= GUARD_WINDOW_MS) {
      this.#since = now
      this.#counts.reset = 0
      this.#counts.ping = 0
      this.#counts.settings = 0
    }
    this.#counts[event] += 1
    return this.#counts[event] <= this.#most[event]
  }
}
