import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { CircuitBreakerSettings } from '../settings/upstream-settings.ts'
import { WindowCount } from './window-count.ts'

export type CircuitState = 'closed' | 'open' | 'half_open'

/** How a call ended, seen from the service: `none` where nothing was learned about it. */
export type Verdict = 'ok' | 'failed' | 'none'

export interface CircuitBreakerParts {
  readonly clock: Clock
  readonly schedule: Schedule
  /** Called after each change. */
  readonly onChange: (state: CircuitState) => void
}

/**
 * Stops calls to a service of which too many fail. Closed, it counts; open, it refuses; half-open, it lets one call through, whose
 * end decides; where that does not come for as long as the circuit was open, another one is let through in its place. A call is known
 * by the object that the caller hands in.
 */
export class CircuitBreaker {
  readonly #settings: CircuitBreakerSettings
  readonly #parts: CircuitBreakerParts
  readonly #calls: WindowCount
  readonly #failures: WindowCount
  #state: CircuitState = 'closed'
  #openUntilMs = 0
  #trial: object | undefined = undefined
  /** A slow caller must not keep everybody else out. */
  #trialUntilMs = 0
  #cancelTimer: (() => void) | undefined = undefined

  constructor(settings: CircuitBreakerSettings, parts: CircuitBreakerParts) {
    this.#settings = settings
    this.#parts = parts
    this.#calls = new WindowCount(settings.windowMs)
    this.#failures = new WindowCount(settings.windowMs)
  }

  get state(): CircuitState {
    return this.#state
  }

  /** Tells whether a call may be made. One that may must be concluded, whatever its end. */
  admits(call: object): boolean {
    if (this.#state === 'closed') return true
    if (this.#state === 'open') return false
    const nowMs = this.#parts.clock.monotonic()
    if (this.#trial !== undefined && nowMs < this.#trialUntilMs) return false
    this.#trial = call
    this.#trialUntilMs = nowMs + this.#settings.openForMs
    return true
  }

  /** Tells whether a call that was admitted may be tried again. */
  stillAdmits(call: object): boolean {
    return this.#state === 'closed' || this.#trial === call
  }

  /** Seconds until a call is tried again, for one that was not admitted. */
  retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.#openUntilMs - this.#parts.clock.monotonic()) / 1000))
  }

  /** Counts the end of a call that was admitted. Calls from before the circuit opened decide nothing: only the trial does. */
  conclude(call: object, verdict: Verdict): void {
    if (this.#state === 'closed') this.#count(verdict)
    else if (this.#trial === call) this.#decide(verdict)
  }

  /** Cancels what is scheduled. */
  close(): void {
    this.#cancelTimer?.()
  }

  #count(verdict: Verdict): void {
    if (verdict === 'none') return
    const nowMs = this.#parts.clock.monotonic()
    this.#calls.add(nowMs)
    if (verdict === 'ok') return
    this.#failures.add(nowMs)
    const calls = this.#calls.total(nowMs)
    const { minRequests, failureRatioPercent } = this.#settings
    if (calls >= minRequests && this.#failures.total(nowMs) * 100 >= failureRatioPercent * calls) this.#open()
  }

  #decide(verdict: Verdict): void {
    this.#trial = undefined
    if (verdict === 'failed') this.#open()
    else if (verdict === 'ok') {
      this.#calls.clear()
      this.#failures.clear()
      this.#change('closed')
    }
  }

  #open(): void {
    const { openForMs } = this.#settings
    this.#openUntilMs = this.#parts.clock.monotonic() + openForMs
    this.#cancelTimer?.()
    this.#cancelTimer = this.#parts.schedule(openForMs, () => this.#change('half_open'))
    this.#change('open')
  }

  #change(state: CircuitState): void {
    this.#state = state
    this.#parts.onChange(state)
  }
}
