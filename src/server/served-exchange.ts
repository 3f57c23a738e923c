import type { Exchange } from '../exchange/exchange.ts'
import type { RequestHead } from '../message/request-head.ts'
import type { SnapshotLease } from '../snapshot/holder.ts'
import type { Route } from '../snapshot/snapshot.ts'
import type { Caller } from './caller.ts'
import type { ServerReply } from './node-reply.ts'
import type { OpenStream } from './open-stream.ts'
import type { ArrivedRequest } from './read-head.ts'

/** One request being served, as far as it got: what the answer to a refusal and the access record are made from. */
export interface ServedExchange {
  readonly id: string
  readonly incoming: ArrivedRequest
  readonly connection: Caller
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
  /** Place among the answers under way, kept by `OpenStreams`; -1 while it is not among them. */
  slot: number
  /** What is known of an answer that goes on; undefined for the first second. */
  stream: OpenStream | undefined
}
