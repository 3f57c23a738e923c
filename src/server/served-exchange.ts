import type { IncomingMessage } from 'node:http'
import type { Exchange } from '../exchange/exchange.ts'
import type { RequestHead } from '../message/request-head.ts'
import type { SnapshotLease } from '../snapshot/holder.ts'
import type { Route } from '../snapshot/snapshot.ts'
import type { Connection } from './connection.ts'
import type { ServerReply } from './node-reply.ts'

/** One request being served, as far as it got: what the answer to a refusal and the access record are made from. */
export interface ServedExchange {
  readonly id: string
  readonly incoming: IncomingMessage
  readonly connection: Connection
  readonly reply: ServerReply
  readonly lease: SnapshotLease
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  /** Monotonic milliseconds. */
  readonly startedAt: number
  head: RequestHead | undefined
  route: Route | undefined
  exchange: Exchange | undefined
  /** Monotonic milliseconds at which the policies said yes; undefined while they have not. */
  allowedAt: number | undefined
}
