import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { OutlierSettings } from '../settings/upstream-settings.ts'
import type { PlaceState } from './place.ts'

/** A target stays out at most this many times the configured time. */
const LONGEST_EJECTION = 10
/** A target that was back for so many times the configured time begins with that time again. */
const FORGIVEN_AFTER = 10

export interface OutlierParts {
  readonly clock: Clock
  readonly schedule: Schedule
  /** Called after a target was ejected, for so long. */
  readonly onEjected: (state: PlaceState, forMs: number, reason: string) => void
  /** Called after its time is over. */
  readonly onReturned: (state: PlaceState) => void
}

/** How often in a row a target was ejected, and what ends its present ejection. */
interface Ejections {
  inARow: number
  lastEndMs: number
  cancel: () => void
}

/**
 * Takes targets out for a while that fail again and again, by what calls report: each time for twice as long, up to ten times. Never
 * more than a share of them, though one may always be out; never the only one.
 */
export class Outliers {
  readonly #settings: OutlierSettings
  readonly #states: readonly PlaceState[]
  readonly #parts: OutlierParts
  readonly #ejections = new Map<PlaceState, Ejections>()
  /** Targets that may be out at once. */
  readonly #mostOut: number

  constructor(settings: OutlierSettings, states: readonly PlaceState[], parts: OutlierParts) {
    this.#settings = settings
    this.#states = states
    this.#parts = parts
    const share = Math.floor((states.length * settings.maxEjectedPercent) / 100)
    this.#mostOut = settings.failures === 0 || states.length < 2 ? 0 : Math.max(1, share)
  }

  /** Whether any target can ever be ejected. */
  get isActive(): boolean {
    return this.#mostOut > 0
  }

  /** Takes note of a call that failed. */
  failed(state: PlaceState, reason: string): void {
    state.failures += 1
    if (state.isEjected || this.#mostOut === 0 || state.failures < this.#settings.failures) return
    const out = this.#states.reduce((count, { isOut }) => count + (isOut ? 1 : 0), 0)
    if (out + (state.isOut ? 0 : 1) <= this.#mostOut) this.#eject(state, reason)
  }

  /** Takes note of a call that succeeded. */
  succeeded(state: PlaceState): void {
    state.failures = 0
    // All are out and used anyway: one that answers has proved itself.
    if (state.isEjected && this.#states.every(({ isOut }) => isOut)) this.#return(state)
  }

  /** Cancels what is scheduled. */
  close(): void {
    for (const { cancel } of this.#ejections.values()) cancel()
  }

  #eject(state: PlaceState, reason: string): void {
    const { ejectionMs } = this.#settings
    const before = this.#ejections.get(state)
    const isForgiven =
      before === undefined || this.#parts.clock.monotonic() - before.lastEndMs >= FORGIVEN_AFTER * ejectionMs
    const inARow = isForgiven ? 1 : before.inARow + 1
    const forMs = ejectionMs * Math.min(2 ** (inARow - 1), LONGEST_EJECTION)
    state.isEjected = true
    state.ejections += 1
    this.#ejections.set(state, {
      inARow,
      lastEndMs: Number.POSITIVE_INFINITY,
      cancel: this.#parts.schedule(forMs, () => this.#return(state)),
    })
    this.#parts.onEjected(state, forMs, reason)
  }

  #return(state: PlaceState): void {
    const ejections = this.#ejections.get(state)
    if (ejections !== undefined) {
      ejections.cancel()
      ejections.lastEndMs = this.#parts.clock.monotonic()
    }
    state.isEjected = false
    state.failures = 0
    this.#parts.onReturned(state)
  }
}
