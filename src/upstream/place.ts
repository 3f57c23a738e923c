import type { UpstreamPool } from './pool.ts'

/**
 * What is known of one target of an upstream: whether it is in service, and what is under way there. Survives reloads that leave the
 * upstream's settings alone. `target-group.ts` makes it; outliers and health checks say when it is out.
 */
export class PlaceState {
  /** URL of the target as configured. */
  readonly url: string
  /** Calls under way, answers that still run among them. */
  inFlight = 0
  /** Failures in a row. */
  failures = 0
  /** False while the health check says that it is not well. */
  isHealthy = true
  isEjected = false
  /** When it came back, on the monotonic clock; undefined while it has its full share, and while it is out. */
  returnedAtMs: number | undefined = undefined
  /** Times that it was ejected, ever. */
  ejections = 0
  /** Health checks that failed, ever. */
  failedChecks = 0
  /** Why it last went out. */
  lastReason: string | undefined = undefined
  /** Parts of a turn that it let pass since it last took one. */
  #credit = 0

  constructor(url: string) {
    this.url = url
  }

  get isOut(): boolean {
    return this.isEjected || !this.isHealthy
  }

  /** Its share of a target that was never out, from 0 to 1. */
  shareAt(nowMs: number, slowReturnMs: number): number {
    if (this.isOut) return 0
    if (this.returnedAtMs === undefined) return 1
    return Math.min(1, (nowMs - this.returnedAtMs) / slowReturnMs)
  }

  /** Offers it a turn; it takes as many of them as its share says, evenly. */
  takesTurn(share: number): boolean {
    if (share >= 1) return true
    this.#credit += share
    if (this.#credit < 1) return false
    this.#credit -= 1
    return true
  }
}

/** One place that requests can be sent to, as one snapshot sees it. */
export interface Place {
  readonly state: PlaceState
  readonly pool: UpstreamPool
  /** Path of the target URL, without trailing slash; empty for the root. */
  readonly prefix: string
}
