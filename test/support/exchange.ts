/** Builds exchanges as `server` would, for the rooms that work on them. */
import type { Readable } from 'node:stream'
import type { Edit, Exchange, RequestBody } from '../../src/exchange/exchange.ts'
import { Fields } from '../../src/message/fields.ts'
import type { Peer, RequestHead } from '../../src/message/request-head.ts'

export interface ExchangePlan {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly lines?: readonly string[]
  readonly body?: { readonly stream: Readable; readonly length?: number }
  readonly edits?: readonly Edit[]
  readonly head?: Partial<RequestHead>
  readonly peer?: Partial<Peer>
}

/** Makes an exchange of a plain GET, changed as planned. */
export function makeExchange(plan: ExchangePlan = {}): Exchange {
  const peer: Peer = { address: '127.0.0.1', port: 40000, tls: false, certificate: undefined, ...plan.peer }
  const head: RequestHead = {
    method: plan.method ?? 'GET',
    path: plan.path ?? '/orders/v1',
    query: plan.query ?? '',
    authority: 'api.example.com',
    host: 'api.example.com',
    scheme: 'http',
    httpVersion: '1.1',
    fields: new Fields(plan.lines ?? []),
    framing: { kind: 'none' },
    peer,
    clientAddress: peer.address,
    upgrade: undefined,
    ...plan.head,
  }
  return {
    id: 'request-1',
    head,
    body: plan.body === undefined ? undefined : makeBody(plan.body.stream, plan.body.length),
    route: { api: 'orders', version: undefined, basePath: '/orders', template: '/orders/*', method: 'ANY' },
    parameters: {},
    nowMs: 1_800_000_000_000,
    facts: {},
    edits: plan.edits ?? [],
  }
}

function makeBody(stream: Readable, length: number | undefined): RequestBody {
  return { length, open: () => stream }
}
