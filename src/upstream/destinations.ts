import type { Clock } from '../clock/clock.ts'
import type { ErrorCode } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { HttpUpstreamSettings } from '../settings/upstream-settings.ts'
import { type Balancer, createBalancer } from './balancer.ts'
import type { Verdict } from './circuit-breaker.ts'
import type { Place } from './place.ts'
import { isOfTheTarget, needsAnotherPlace } from './retry-rule.ts'
import type { TargetGroup } from './target-group.ts'

/**
 * Where the requests of one API go, as one snapshot sees it: chooses the target of each, and of the one further attempt that it may
 * get, and hears how they end. For a single target without a circuit breaker there is next to nothing to do.
 */
export class Destinations {
  readonly #places: readonly Place[]
  readonly #group: TargetGroup
  readonly #balancer: Balancer
  readonly #retries: boolean
  readonly #clock: Clock
  readonly #stripLength: number

  /** @param parts.stripLength characters of the base path that targets do not get to see. */
  constructor(
    places: readonly Place[],
    settings: Pick<HttpUpstreamSettings, 'balance' | 'hashOn' | 'retry'>,
    parts: { readonly group: TargetGroup; readonly clock: Clock; readonly stripLength: number },
  ) {
    this.#places = places
    this.#group = parts.group
    this.#balancer = createBalancer(settings, places, parts.group)
    this.#retries = settings.retry.attempts > 0
    this.#clock = parts.clock
    this.#stripLength = parts.stripLength
  }

  /** Says why no call may be made now; undefined where one may, which must then be judged. */
  refuse(exchange: Exchange): Denial | undefined {
    const { breaker } = this.#group
    if (breaker === undefined || breaker.admits(exchange)) return undefined
    return { code: 'upstream.circuit_open', retryAfterSeconds: breaker.retryAfterSeconds() }
  }

  /** Chooses where a request goes and counts it in; undefined where every target has too many. */
  take(exchange: Exchange): Place | undefined {
    if (this.#retries) this.#group.budget.countRequest(exchange.nowMs)
    const chosen = this.#balancer.choose(exchange)
    return enter(chosen) ? chosen : this.#takeAnother(chosen)
  }

  /**
   * Chooses where a request that failed goes for its one further attempt, and counts it in there and out here; undefined where it
   * must not be sent again.
   *
   * @param code how it failed: some failures the same target would repeat, and not all of them count against it.
   */
  takeAgain(exchange: Exchange, failed: Place, code: ErrorCode): Place | undefined {
    const group = this.#group
    if (!this.#retries || group.breaker?.stillAdmits(exchange) === false) return undefined
    const chosen = this.#balancer.choose(exchange, failed)
    if (chosen === failed && needsAnotherPlace(code)) return undefined
    const place = enter(chosen) ? chosen : this.#takeAnother(chosen, failed)
    if (place === undefined) return undefined
    if (!group.budget.take(this.#clock.now())) {
      leave(place)
      return undefined
    }
    leave(failed)
    if (group.isWatching && isOfTheTarget(code)) group.noteFailure(failed.state, code)
    return place
  }

  /** Hears what a call says about its target and about the service. Once for each call that was not refused. */
  judge(exchange: Exchange, place: Place | undefined, verdict: Verdict, reason: string): void {
    const group = this.#group
    if (!group.isWatching) return
    if (place !== undefined && verdict === 'failed') group.noteFailure(place.state, reason)
    else if (place !== undefined && verdict === 'ok') group.noteSuccess(place.state)
    group.breaker?.conclude(exchange, verdict)
  }

  /** Counts a call out; once for each that was counted in. */
  leave(place: Place): void {
    leave(place)
  }

  /** The path and query that a target gets. */
  targetOf(place: Place, { head }: Exchange): string {
    return rewritePath(head.path, place.prefix, this.#stripLength) + head.query
  }

  #takeAnother(...except: readonly Place[]): Place | undefined {
    return this.#places.find(place => !except.includes(place) && this.#group.isUsable(place.state) && enter(place))
  }
}

/** Puts the target's path before the canonical path, or before what remains of it behind the base path. */
export function rewritePath(path: string, prefix: string, stripLength: number): string {
  const rest = stripLength === 0 ? path : path.slice(stripLength)
  return prefix + rest || '/'
}

function enter({ pool, state }: Place): boolean {
  if (!pool.enter()) return false
  state.inFlight += 1
  return true
}

function leave({ pool, state }: Place): void {
  pool.leave()
  state.inFlight -= 1
}
