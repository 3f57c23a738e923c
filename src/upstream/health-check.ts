/**
 * Active health checks: each target is asked regularly, over connections of its own, without credentials. Nothing of an answer but its
 * status counts, and no more than a little of its body is taken. Checks begin with their owner and end with it.
 */
import type { Dispatcher } from 'undici'
import type { Schedule } from '../clock/schedule.ts'
import type { HealthCheckSettings } from '../settings/upstream-settings.ts'
import { toFailureCode } from './failure.ts'
import type { PlaceState } from './place.ts'
import type { ConnectionState, PoolHandler, UpstreamPool } from './pool.ts'

/** Bytes of an answer's body that are read to keep the connection; beyond, the connection goes. */
const MAX_BODY_BYTES = 65_536
/** The first checks of all targets are spread over this time, or the interval where that is shorter. */
const FIRST_WITHIN_MS = 1_000
/** Intervals differ by so much from what is configured, so that many gateways do not come at once. */
const JITTER = 0.1

export interface HealthCheckParts {
  readonly schedule: Schedule
  /** From 0 to 1. */
  readonly random: () => number
  /** Opens the connections for the checks of one target. */
  readonly openPool: (state: PlaceState) => UpstreamPool
  /** Called after a target was found not to be well; `isHealthy` says so already. */
  readonly onUnhealthy: (state: PlaceState, reason: string) => void
  readonly onHealthy: (state: PlaceState) => void
}

/** The checks of all targets of one upstream. */
export class HealthChecks {
  readonly #checks: readonly TargetCheck[]

  constructor(settings: HealthCheckSettings, states: readonly PlaceState[], parts: HealthCheckParts) {
    this.#checks = states.map(state => new TargetCheck(settings, state, parts))
  }

  /** Ends all checks; resolves when their connections are closed. */
  async close(): Promise<void> {
    await Promise.all(this.#checks.map(check => check.close()))
  }
}

class TargetCheck {
  readonly #settings: HealthCheckSettings
  readonly #state: PlaceState
  readonly #parts: HealthCheckParts
  readonly #pool: UpstreamPool
  #cancel: () => void
  #probe: Probe | undefined = undefined
  /** Results in a row that speak against what is believed of the target. */
  #against = 0
  #isClosed = false

  constructor(settings: HealthCheckSettings, state: PlaceState, parts: HealthCheckParts) {
    this.#settings = settings
    this.#state = state
    this.#parts = parts
    this.#pool = parts.openPool(state)
    const within = Math.min(FIRST_WITHIN_MS, settings.intervalMs)
    this.#cancel = parts.schedule(within * parts.random(), () => this.#ask())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    await this.#pool.destroy()
  }

  #ask(): void {
    const { path, timeoutMs, statusFrom, statusTo } = this.#settings
    // An answer that still drips would keep its connection, and each check would open another one.
    this.#probe?.giveUp('the next check begins')
    const probe = new Probe(({ status, reason }) => {
      if (this.#isClosed) return
      this.#cancel()
      const isWell = status !== undefined && status >= statusFrom && status <= statusTo
      this.#take(isWell ? undefined : (reason ?? `status ${status}`))
      this.#plan()
    })
    this.#probe = probe
    this.#cancel = this.#parts.schedule(timeoutMs, () => probe.giveUp('no answer in time'))
    this.#pool.dispatch({ method: 'GET', path, headers: ['user-agent', 'microgateway', 'accept', '*/*'] }, probe)
  }

  #plan(): void {
    const factor = 1 - JITTER + 2 * JITTER * this.#parts.random()
    this.#cancel = this.#parts.schedule(this.#settings.intervalMs * factor, () => this.#ask())
  }

  /** Takes note of one result; `failure` says what was wrong. */
  #take(failure: string | undefined): void {
    const state = this.#state
    if (failure !== undefined) state.failedChecks += 1
    if ((failure === undefined) === state.isHealthy) {
      this.#against = 0
      return
    }
    this.#against += 1
    const { unhealthyAfter, healthyAfter } = this.#settings
    if (this.#against < (state.isHealthy ? unhealthyAfter : healthyAfter)) return
    this.#against = 0
    state.isHealthy = failure === undefined
    if (failure === undefined) this.#parts.onHealthy(state)
    else this.#parts.onUnhealthy(state, failure)
  }
}

interface ProbeResult {
  readonly status?: number
  /** What was wrong where there is no status. */
  readonly reason?: string
}

/** One request of a check. Tells its result once. */
class Probe implements PoolHandler {
  connection: ConnectionState | undefined = undefined
  readonly #onResult: (result: ProbeResult) => void
  #controller: Dispatcher.DispatchController | undefined = undefined
  #isDone = false
  #isConnected = false
  #bytes = 0

  constructor(onResult: (result: ProbeResult) => void) {
    this.#onResult = onResult
  }

  /** Ends the request, wherever it is. */
  giveUp(reason: string): void {
    this.#tell({ reason })
    this.#controller?.abort(new Error(reason))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#isConnected = true
    if (this.#isDone) controller.abort(new Error('too late'))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status >= 200) this.#tell({ status })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes > MAX_BODY_BYTES) controller.abort(new Error('enough'))
  }

  onResponseEnd(): void {}

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#tell({ reason: toFailureCode(error, this.#isConnected) })
  }

  #tell(result: ProbeResult): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#onResult(result)
  }
}
