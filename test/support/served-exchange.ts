/** One request being served, as far as a test says it got, without a socket. */
import type { IncomingMessage } from 'node:http'
import type { Denial } from '../../src/errors/denial.ts'
import type { Facts } from '../../src/exchange/exchange.ts'
import { Counters } from '../../src/metrics/counters.ts'
import type { Connection } from '../../src/server/connection.ts'
import type { ServerReply } from '../../src/server/node-reply.ts'
import type { ServedExchange } from '../../src/server/served-exchange.ts'
import { compileFixedRoute } from '../../src/snapshot/compile-built-in.ts'
import { SnapshotLease } from '../../src/snapshot/holder.ts'
import type { Route } from '../../src/snapshot/snapshot.ts'
import { type ExchangePlan, makeExchange } from './exchange.ts'
import { FakeReply } from './fake-reply.ts'
import { makeSnapshot, type SnapshotPlan } from './make-snapshot.ts'

/** A caller without a socket, as `server` sees it. */
export class FakeServerReply extends FakeReply implements ServerReply {
  headAt: number | undefined
  requestBytes = 0
  bodyFault: Denial | undefined
  isLast = false
  endedFor: Denial | undefined

  get bodyBytes(): number {
    return this.bytes
  }

  closeAfter(): void {
    this.isLast = true
  }

  endStream(denial: Denial): void {
    this.endedFor = denial
  }
}

export interface ServedPlan {
  /** How far it got: not even a head, a head without a route, or a route. `route` by default. */
  readonly upTo?: 'nothing' | 'head' | 'route'
  readonly exchange?: ExchangePlan
  readonly facts?: Facts
  readonly snapshot?: SnapshotPlan
  /** When the policies said yes, in monotonic milliseconds. */
  readonly allowedAt?: number
  readonly tls?: boolean
}

/** Makes the route of an API at `/orders` that challenges for a bearer token. */
export function makeRoute(counters: Counters = new Counters()): Route {
  const route = compileFixedRoute('ANY', '/orders/*', { handle: () => ({ kind: 'abandoned' }) }, counters, ['Bearer'])
  return { ...route, identity: makeExchange().route }
}

/** Makes a request being served that began at monotonic 1,000 ms. */
export function makeServed(plan: ServedPlan = {}): ServedExchange & { readonly reply: FakeServerReply } {
  const exchange = { ...makeExchange(plan.exchange), facts: plan.facts ?? {} }
  const upTo = plan.upTo ?? 'route'
  const incoming: Partial<IncomingMessage> = { method: exchange.head.method, httpVersion: '1.1', rawHeaders: [] }
  const peer = { ...exchange.head.peer, tls: plan.tls ?? false }
  const connection: Partial<Connection> = { peer }
  return {
    id: '6f1c1e2a-0000-4000-8000-000000000001',
    incoming: incoming as IncomingMessage,
    connection: connection as Connection,
    reply: new FakeServerReply(),
    lease: new SnapshotLease(makeSnapshot(plan.snapshot), () => {}).take(),
    nowMs: exchange.nowMs,
    startedAt: 1_000,
    head: upTo === 'nothing' ? undefined : exchange.head,
    route: upTo === 'route' ? makeRoute() : undefined,
    exchange: upTo === 'route' ? exchange : undefined,
    allowedAt: plan.allowedAt,
    slot: -1,
    stream: undefined,
  }
}
