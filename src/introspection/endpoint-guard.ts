import type { Clock } from '../clock/clock.ts'

/** Failures in a row after which only probes reach the endpoint. */
const MOST_FAILURES = 3
/** Least time between two probes of an endpoint that fails. */
const PROBE_PAUSE_MS = 1_000

/** Keeps callers from an endpoint that fails: after some failures in a row one call a second finds out whether it is back. */
export class EndpointGuard {
  readonly #clock: Pick<Clock, 'monotonic'>
  #failures = 0
  #probeAt = Number.NEGATIVE_INFINITY

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** True while only probes get through. */
  get isShut(): boolean {
    return this.#failures >= MOST_FAILURES
  }

  /** Asks for a call. Returns undefined where it may be made, else for how many milliseconds none may. */
  admit(): number | undefined {
    if (!this.isShut) return undefined
    const now = this.#clock.monotonic()
    if (now < this.#probeAt) return this.#probeAt - now
    this.#probeAt = now + PROBE_PAUSE_MS
    return undefined
  }

  noteSuccess(): void {
    this.#failures = 0
  }

  noteFailure(): void {
    this.#failures += 1
    this.#probeAt = this.#clock.monotonic() + PROBE_PAUSE_MS
  }
}
