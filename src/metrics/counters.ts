/**
 * What the request path counts: plain numbers in maps that exist already, no strings built, nothing allocated for a known
 * combination. Every map is bounded, for some of its keys follow what upstreams and callers send. Nothing here is text:
 * `exposition.ts` writes that when it is asked. Called by `server`; counters survive a reload.
 */
import type { ErrorCode } from '../errors/catalogue.ts'
import { Histogram } from './histogram.ts'

/** The route that a request was counted under; requests without a route have none of these. */
export interface CountedRoute {
  readonly api: string
  /** Template with the base path. */
  readonly template: string
}

/** What is counted of one exchange. */
export interface CountedExchange {
  readonly method: string
  readonly scheme: 'http' | 'https'
  readonly httpVersion: string
  /** 499 where the caller left, 0 where no answer was sent. */
  readonly status: number
  readonly code: ErrorCode | undefined
  readonly durationMs: number
  /** True where the policies let it through. */
  readonly allowed: boolean
  /** Name of the auth server whose token was verified. */
  readonly authServer: string | undefined
  /** Id of the registered application that was identified. */
  readonly application: string | undefined
}

/** One histogram and its labels. */
export interface DurationSeries {
  readonly method: string
  readonly scheme: string
  readonly httpVersion: string
  readonly status: string
  readonly errorType: string
  readonly histogram: Histogram
}

/** Methods that are labels of their own; all others are `_OTHER`, for a caller may invent them. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE']
const OTHER = '_OTHER'
const MAX_SERIES_PER_ROUTE = 100
const MAX_ROUTES = 50_000
const MAX_APPLICATIONS = 1000

/** Counters of one route. Held by the snapshot, so that counting needs no look-up by name. */
export class RouteCounters {
  readonly route: CountedRoute | undefined
  readonly series: Map<string, Map<number, DurationSeries>> = new Map()
  /** Auth server (empty: none) to reason (empty: let through) to count. */
  readonly decisions: Map<string, Map<string, { allowed: boolean; count: number }>> = new Map()
  #seriesCount = 0

  constructor(route: CountedRoute | undefined) {
    this.route = route
  }

  count(exchange: CountedExchange): void {
    this.#histogram(exchange).observe(exchange.durationMs / 1000)
    this.#decide(exchange.authServer ?? '', exchange.allowed ? '' : (exchange.code ?? ''), exchange.allowed)
  }

  #histogram(exchange: CountedExchange): Histogram {
    const code = exchange.code ?? ''
    let byNumber = this.series.get(code)
    if (byNumber === undefined) {
      byNumber = new Map()
      this.series.set(code, byNumber)
    }
    const method = METHODS.indexOf(exchange.method)
    const secure = exchange.scheme === 'https' ? 1 : 0
    const version = exchange.httpVersion === '1.1' ? 0 : 1
    const number = (((method + 1) * 2 + secure) * 2 + version) * 1000 + exchange.status
    const known = byNumber.get(number)
    if (known !== undefined) return known.histogram

    const full = this.#seriesCount >= MAX_SERIES_PER_ROUTE
    const key = full ? -1 : number
    const made = byNumber.get(key) ?? {
      method: full || method < 0 ? OTHER : exchange.method,
      scheme: exchange.scheme,
      httpVersion: exchange.httpVersion,
      status: full ? OTHER : String(exchange.status),
      errorType: code,
      histogram: new Histogram(),
    }
    if (!byNumber.has(key)) {
      byNumber.set(key, made)
      this.#seriesCount += 1
    }
    return made.histogram
  }

  #decide(authServer: string, reason: string, allowed: boolean): void {
    let byReason = this.decisions.get(authServer)
    if (byReason === undefined) {
      byReason = new Map()
      this.decisions.set(authServer, byReason)
    }
    const counted = byReason.get(reason)
    if (counted === undefined) byReason.set(reason, { allowed, count: 1 })
    else counted.count += 1
  }
}

/** All counters of one gateway. */
export class Counters {
  /** Requests without a route: unknown paths, unreadable heads. */
  readonly unrouted: RouteCounters = new RouteCounters(undefined)
  readonly #routes: Map<string, RouteCounters> = new Map()
  readonly #applications: Map<string, number> = new Map()
  /** Exchanges under way. */
  active = 0
  /** Exceptions that were caught: each is a defect of the gateway. */
  defects = 0

  /** Finds or makes the counters of a route; a reload that keeps the route keeps its counts. */
  route(route: CountedRoute): RouteCounters {
    const key = JSON.stringify([route.api, route.template])
    const known = this.#routes.get(key)
    if (known !== undefined) return known
    const made = new RouteCounters(route)
    if (this.#routes.size < MAX_ROUTES) this.#routes.set(key, made)
    return made
  }

  /** Forgets the routes that are not among these: called after a swap, so that removed APIs leave no trace. */
  retain(routes: Iterable<RouteCounters>): void {
    const kept = new Set(routes)
    for (const [key, counters] of this.#routes) if (!kept.has(counters)) this.#routes.delete(key)
  }

  /** Counts the end of one exchange. `counters` are those of its route, or `unrouted`. */
  count(counters: RouteCounters, exchange: CountedExchange): void {
    counters.count(exchange)
    const { application } = exchange
    if (application === undefined) return
    const counted = this.#applications.get(application)
    if (counted !== undefined) this.#applications.set(application, counted + 1)
    else if (this.#applications.size < MAX_APPLICATIONS) this.#applications.set(application, 1)
    else this.#applications.set(OTHER, (this.#applications.get(OTHER) ?? 0) + 1)
  }

  get routes(): Iterable<RouteCounters> {
    return this.#routes.values()
  }

  get applications(): Iterable<readonly [application: string, count: number]> {
    return this.#applications
  }
}
