/**
 * The first story a newcomer reads: the life of one exchange, top to bottom. A lease on the snapshot is taken, the head is read, the
 * route found, its policies run, the target asked; every path, good or bad, ends in one access record and the lease's return.
 * No byte goes upstream before the policies said yes, and an exception is a 500, never a pass.
 */
import type { Clock } from '../clock/clock.ts'
import type { Exchange, Outcome } from '../exchange/exchange.ts'
import type { Logger } from '../log/logger.ts'
import { maxForwardsOf } from '../message/max-forwards.ts'
import type { RequestHead } from '../message/request-head.ts'
import type { Counters } from '../metrics/counters.ts'
import { NO_FACTS, runChain } from '../policies/chain.ts'
import type { SnapshotHolder, SnapshotLease } from '../snapshot/holder.ts'
import type { Route, Snapshot } from '../snapshot/snapshot.ts'
import { createBodyOf } from './body-of-reply.ts'
import type { Caller } from './caller.ts'
import { concludeExchange } from './conclude-exchange.ts'
import type { FoundRoute } from './find-route.ts'
import type { ServerReply } from './node-reply.ts'
import type { OpenStreams } from './open-streams.ts'
import type { OverloadGuard } from './overload-guard.ts'
import { type ArrivedRequest, readHead } from './read-head.ts'
import type { RecordExchange } from './record-exchange.ts'
import { readRequestId } from './request-id.ts'
import { ASTERISK } from './request-target.ts'
import type { ServedExchange } from './served-exchange.ts'

export interface ServingParts {
  readonly holder: SnapshotHolder
  readonly clock: Clock
  readonly logger: Logger
  /** What answers at this listener. */
  readonly find: (head: RequestHead, snapshot: Snapshot) => FoundRoute
  readonly record: RecordExchange
  readonly counters: Counters
  /** What ends answers that go on and on. */
  readonly streams: OpenStreams
  /** Asked before anything is done for a request; without it, as for operators, every request is served. */
  readonly guard?: OverloadGuard | undefined
}

const NO_CONTENT_LENGTH: readonly string[] = ['content-length', '0']
const NO_EDITS: Exchange['edits'] = Object.freeze([])
const REPLIED: Outcome = Object.freeze({ kind: 'replied', status: 200 })

/**
 * Serves one request whose head Node could parse, in any version of HTTP. Resolves at the end of the exchange; rejects only where it
 * could not even begin, or be written down. The lease comes back whatever happens.
 */
export async function serveExchange(
  parts: ServingParts,
  incoming: ArrivedRequest,
  reply: ServerReply,
  connection: Caller,
): Promise<void> {
  const lease = parts.holder.lease()
  parts.counters.active += 1
  let served: ServedExchange | undefined
  try {
    served = begin(parts, incoming, reply, connection, lease)
    let outcome: Outcome
    try {
      const answering = answer(parts, served)
      outcome = answering instanceof Promise ? await answering : answering
    } catch (cause) {
      parts.logger.error({ err: cause, requestId: served.id }, 'an exchange failed: this is a defect of the gateway')
      outcome = { kind: 'denied', denial: { code: 'internal.defect', cause } }
    }
    parts.record(served, concludeExchange(served, outcome))
  } finally {
    parts.counters.active -= 1
    if (served !== undefined) parts.streams.leave(served)
    lease.release()
  }
}

function answer(parts: ServingParts, served: ServedExchange): Outcome | Promise<Outcome> {
  const { snapshot } = served.lease
  const read = readHead(served.incoming, served.connection, snapshot)
  if (!read.ok) return { kind: 'denied', denial: read.error }
  const head = read.value
  served.head = head
  // Before any refusal: a body that nobody reads must be known, so that it is drained or the connection closed.
  const { reply } = served
  const body = createBodyOf(reply, head, snapshot.limits)
  const overload = parts.guard?.refuse()
  if (overload !== undefined) return { kind: 'denied', denial: overload }
  if (head.path === ASTERISK) return answerForServer(served)

  const found = parts.find(head, snapshot)
  if (found.kind === 'none') return { kind: 'denied', denial: found.denial }
  const route = found.value
  served.route = route
  const exchange: Exchange = {
    id: served.id,
    head,
    body,
    route: route.identity,
    parameters: found.parameters,
    nowMs: served.nowMs,
    facts: NO_FACTS,
    edits: NO_EDITS,
  }
  served.exchange = exchange

  const denial = runChain(route.policies, exchange)
  if (denial instanceof Promise) {
    return denial.then(late =>
      late === undefined ? forward(parts, served, exchange, route) : { kind: 'denied', denial: late },
    )
  }
  return denial === undefined ? forward(parts, served, exchange, route) : { kind: 'denied', denial }
}

function forward(
  { clock, streams }: ServingParts,
  served: ServedExchange,
  exchange: Exchange,
  route: Route,
): Outcome | Promise<Outcome> {
  served.allowedAt = clock.monotonic()
  if (exchange.head.method === 'OPTIONS' && maxForwardsOf(exchange.head.fields) === 0) return answerForServer(served)
  if (route.streams !== undefined) streams.enter(served)
  return route.target.handle(exchange, served.reply)
}

/** `OPTIONS *` (RFC 9110 section 9.3.7) and one that may go no further (section 7.6.2) ask about the gateway: it is there, no more. */
function answerForServer({ reply }: ServedExchange): Outcome {
  reply.send(200, NO_CONTENT_LENGTH, '')
  return REPLIED
}

function begin(
  { clock }: ServingParts,
  incoming: ArrivedRequest,
  reply: ServerReply,
  connection: Caller,
  lease: SnapshotLease,
): ServedExchange {
  return {
    id: readRequestId(incoming, connection, lease.snapshot.trustedProxies),
    incoming,
    connection,
    reply,
    lease,
    nowMs: clock.now(),
    startedAt: clock.monotonic(),
    head: undefined,
    route: undefined,
    exchange: undefined,
    allowedAt: undefined,
    slot: -1,
    stream: undefined,
  }
}
