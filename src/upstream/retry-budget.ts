import { WindowCount } from './window-count.ts'

const WINDOW_MS = 10_000
/** Further attempts a second that are always allowed. */
const ALWAYS_ALLOWED = 3

/**
 * How many further attempts an upstream may get: a share of the requests of the last ten seconds, and three a second always, so
 * that retries never become the load that keeps a service down. Counts by the wall clock, which every exchange already knows.
 */
export class RetryBudget {
  /** Further attempts that were allowed, ever. */
  retries = 0
  readonly #percent: number
  readonly #requests = new WindowCount(WINDOW_MS)
  readonly #attempts = new WindowCount(WINDOW_MS)

  /** @param percent share of the requests that may be further attempts. */
  constructor(percent: number) {
    this.#percent = percent
  }

  /** Counts a request. `nowMs` is milliseconds since the epoch. */
  countRequest(nowMs: number): void {
    this.#requests.add(nowMs)
  }

  /** Takes one further attempt out of the budget; false where there is none left. */
  take(nowMs: number): boolean {
    const isWithin = (this.#attempts.total(nowMs) + 1) * 100 <= this.#requests.total(nowMs) * this.#percent
    if (!isWithin && this.#attempts.newest(nowMs) >= ALWAYS_ALLOWED) return false
    this.#attempts.add(nowMs)
    this.retries += 1
    return true
  }
}
