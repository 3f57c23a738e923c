/**
 * What is known of the targets of one API's upstream, and of the service as a whole: who is out and why, who is coming back, the
 * circuit, the retry budget. It outlives snapshots: a reload that leaves the upstream's settings alone leaves all of this alone. No
 * request is sent here but health checks; `destinations.ts` reads it for every request, the admin pages when somebody looks.
 */
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { Logger } from '../log/logger.ts'
import type { HttpUpstreamSettings } from '../settings/upstream-settings.ts'
import type { Standing } from './balancer.ts'
import { CircuitBreaker, type CircuitState } from './circuit-breaker.ts'
import { HealthChecks } from './health-check.ts'
import { Outliers } from './outliers.ts'
import { PlaceState } from './place.ts'
import type { UpstreamPool } from './pool.ts'
import { RetryBudget } from './retry-budget.ts'

/** What settings say that a group is made of. */
export type GroupSettings = Pick<
  HttpUpstreamSettings,
  'targets' | 'retry' | 'healthCheck' | 'outliers' | 'circuitBreaker' | 'protocol'
>

/** The API that an upstream belongs to. */
export interface GroupOwner {
  readonly name: string
  readonly version: string | undefined
}

export interface GroupParts {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly logger: Logger
  readonly random: () => number
  /** Opens connections to a target for its health checks. */
  readonly openPool: (target: string) => UpstreamPool
}

/** How the targets of an upstream are at one moment, for the admin pages. */
export interface GroupStatus {
  readonly api: string
  readonly apiVersion: string | undefined
  /** Undefined where there is no circuit breaker. */
  readonly circuit: CircuitState | undefined
  /** Further attempts, ever. */
  readonly retries: number
  readonly targets: readonly TargetStatus[]
}

export interface TargetStatus {
  /** As configured. */
  readonly url: string
  readonly condition: 'healthy' | 'returning' | 'ejected' | 'unhealthy'
  /** Its share of a target that was never out, from 0 to 1. */
  readonly share: number
  readonly inFlight: number
  /** Times that it was ejected, ever. */
  readonly ejections: number
  /** Health checks that failed, ever. */
  readonly failedChecks: number
  /** Why it last went out. */
  readonly lastReason: string | undefined
}

/** Writes the key under which the ledger keeps groups: equal settings of the same API, equal key. */
export function groupKey(owner: GroupOwner, settings: GroupSettings): string {
  const { targets, retry, healthCheck, outliers, circuitBreaker, protocol } = settings
  return `upstream ${JSON.stringify([owner.name, owner.version, targets, retry, healthCheck, outliers, circuitBreaker, protocol])}`
}

/** The targets of one upstream and how they are. */
export class TargetGroup implements Standing {
  readonly owner: GroupOwner
  /** One for each target, in the order of the settings. */
  readonly states: readonly PlaceState[]
  readonly budget: RetryBudget
  readonly breaker: CircuitBreaker | undefined
  /** True while every target is in service with its full share. */
  isCalm = true
  /** True while no target is in service: all are used anyway. */
  #areAllOut = false
  readonly #parts: GroupParts
  readonly #slowReturnMs: number
  readonly #outliers: Outliers
  readonly #checks: HealthChecks | undefined
  readonly #returning = new Map<PlaceState, () => void>()

  constructor(owner: GroupOwner, settings: GroupSettings, parts: GroupParts) {
    this.owner = { name: owner.name, version: owner.version }
    this.#parts = parts
    // A target that is written twice counts once.
    this.states = [...new Set(settings.targets)].map(target => new PlaceState(target))
    this.budget = new RetryBudget(settings.retry.budgetPercent)
    this.#slowReturnMs = settings.outliers.slowReturnMs
    this.breaker =
      settings.circuitBreaker && new CircuitBreaker(settings.circuitBreaker, { ...parts, onChange: this.#tellCircuit })
    this.#outliers = new Outliers(settings.outliers, this.states, {
      ...parts,
      onEjected: (state, forMs, reason) => this.#out(state, reason, { ejected_for_ms: forMs }),
      onReturned: state => this.#back(state),
    })
    this.#checks =
      settings.healthCheck &&
      new HealthChecks(settings.healthCheck, this.states, {
        ...parts,
        openPool: state => parts.openPool(state.url),
        onUnhealthy: (state, reason) => this.#out(state, `health check: ${reason}`, {}),
        onHealthy: state => this.#back(state),
      })
  }

  /** Whether anybody wants to know how calls end. */
  get isWatching(): boolean {
    return this.#outliers.isActive || this.breaker !== undefined
  }

  /** Tells how the targets are at this moment. */
  status(): GroupStatus {
    return {
      api: this.owner.name,
      apiVersion: this.owner.version,
      circuit: this.breaker?.state,
      retries: this.budget.retries,
      targets: this.states.map(state => ({
        url: state.url,
        condition: conditionOf(state),
        share: state.shareAt(this.#parts.clock.monotonic(), this.#slowReturnMs),
        inFlight: state.inFlight,
        ejections: state.ejections,
        failedChecks: state.failedChecks,
        lastReason: state.lastReason,
      })),
    }
  }

  isUsable(state: PlaceState): boolean {
    return this.#areAllOut || !state.isOut
  }

  shareOf(state: PlaceState): number {
    return this.#areAllOut ? 1 : state.shareAt(this.#parts.clock.monotonic(), this.#slowReturnMs)
  }

  /** Takes note of how one attempt at a target ended. */
  noteFailure(state: PlaceState, reason: string): void {
    this.#outliers.failed(state, reason)
  }

  noteSuccess(state: PlaceState): void {
    if (state.failures > 0 || state.isEjected) this.#outliers.succeeded(state)
  }

  async close(): Promise<void> {
    this.#outliers.close()
    this.breaker?.close()
    for (const cancel of this.#returning.values()) cancel()
    this.#returning.clear()
    await this.#checks?.close()
  }

  #out(state: PlaceState, reason: string, facts: Readonly<Record<string, unknown>>): void {
    state.lastReason = reason
    this.#endReturn(state)
    this.#look()
    const all = this.#areAllOut ? ': all are out, so all are used' : ''
    this.#parts.logger.warn({ ...this.#factsOf(state), reason, ...facts }, `an upstream target is out${all}`)
  }

  /** One reason to be out is gone; where another stands, it stays out. */
  #back(state: PlaceState): void {
    if (state.isOut) return
    state.failures = 0
    this.#endReturn(state)
    if (this.#slowReturnMs > 0 && this.states.length > 1) {
      state.returnedAtMs = this.#parts.clock.monotonic()
      const end = (): void => {
        this.#endReturn(state)
        this.#look()
      }
      this.#returning.set(state, this.#parts.schedule(this.#slowReturnMs, end))
    }
    this.#look()
    this.#parts.logger.info(
      { ...this.#factsOf(state), ...(state.lastReason !== undefined && { was_out_for: state.lastReason }) },
      'an upstream target is back',
    )
  }

  #endReturn(state: PlaceState): void {
    this.#returning.get(state)?.()
    this.#returning.delete(state)
    state.returnedAtMs = undefined
  }

  #look(): void {
    const { states } = this
    this.isCalm = states.every(({ isOut, returnedAtMs }) => !isOut && returnedAtMs === undefined)
    this.#areAllOut = states.every(({ isOut }) => isOut)
  }

  readonly #tellCircuit = (circuit: CircuitState): void => {
    const facts = { api: this.owner.name, circuit }
    if (circuit === 'open') this.#parts.logger.warn(facts, 'the circuit of an upstream opened: too many calls failed')
    else if (circuit === 'half_open') this.#parts.logger.info(facts, 'the circuit of an upstream lets one call through')
    else this.#parts.logger.info(facts, 'the circuit of an upstream closed')
  }

  #factsOf({ url }: PlaceState): Readonly<Record<string, unknown>> {
    const { name, version } = this.owner
    return { api: name, ...(version !== undefined && { api_version: version }), target: url }
  }
}

function conditionOf({ isHealthy, isEjected, returnedAtMs }: PlaceState): TargetStatus['condition'] {
  if (!isHealthy) return 'unhealthy'
  if (isEjected) return 'ejected'
  return returnedAtMs === undefined ? 'healthy' : 'returning'
}
