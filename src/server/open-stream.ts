import type { Denial } from '../errors/denial.ts'
import { type Facts, tokenOf } from '../exchange/exchange.ts'
import type { StreamRules } from '../snapshot/snapshot.ts'
import type { ServerReply } from './node-reply.ts'
import type { ServedExchange } from './served-exchange.ts'

/** What an answer that goes on is: only the first three end with their token (product.md 3). */
export const STREAM_KINDS = ['websocket', 'event_stream', 'grpc', 'other'] as const
export type StreamKind = (typeof STREAM_KINDS)[number]

/** What is known of one answer that goes on, or of one WebSocket. */
export interface OpenStream {
  readonly kind: StreamKind
  /** Monotonic milliseconds at which it has lasted long enough. */
  readonly timeoutAt: number
  /** Whether its caller is judged again: one that presented a credential, where the API wants it. */
  readonly isJudged: boolean
  /** Whether a verdict can change under the same settings: not that on a password alone, which costs much and is theirs. */
  readonly isJudgedInTurn: boolean
  /** First moment since the epoch, in milliseconds, at which its token is expired, skew included; Infinity without one. */
  expiresAtMs: number
  /** Revision of the settings that its caller was last judged under; `UNDECIDED` where the gateway could not tell. */
  judgedUnder: string
  /** Generation of the deny list that its token was last looked up in; -1: it never was. */
  revocations: number
  /** Monotonic milliseconds at which its caller is judged again under the same settings. */
  judgeAt: number
  /** True while it waits to be judged. */
  isWaiting: boolean
  /** True where the addresses of a host name said no once: they may just have been asked for anew. */
  isDoubtful: boolean
  /** Why it must end; it does so in its turn. */
  verdict: Denial | undefined
  /** Why it was ended. */
  ended: Denial | undefined
}

/** A revision that settings never have. */
export const UNDECIDED = ''

/** Makes what is known of an answer whose head is out. Its caller was judged at its beginning; `judgeAt` is when that is due again. */
export function toOpenStream(
  { reply, exchange, lease }: ServedExchange,
  { closeOnExpiry, timeoutMs }: StreamRules,
  judgeAt: number,
): OpenStream {
  const kind = kindOf(reply)
  const facts = exchange?.facts
  const token = facts === undefined ? undefined : tokenOf(facts)
  const isJudgedInTurn = facts?.user === undefined || token !== undefined
  const endsWithToken = closeOnExpiry && kind !== 'other'
  return {
    kind,
    timeoutAt: (reply.headAt ?? Number.POSITIVE_INFINITY) + timeoutMs,
    isJudged: endsWithToken && isKnown(facts),
    isJudgedInTurn,
    expiresAtMs: endsWithToken ? (token?.expiresAtMs ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
    judgedUnder: lease.snapshot.revision,
    // Its token may have been revoked between the verdict and now.
    revocations: -1,
    judgeAt: isJudgedInTurn ? judgeAt : Number.POSITIVE_INFINITY,
    isWaiting: false,
    isDoubtful: false,
    verdict: undefined,
    ended: undefined,
  }
}

/** Tells whether the policies found out who calls: nobody else has anything that could be taken away. */
function isKnown(facts: Facts | undefined): boolean {
  return facts !== undefined && (tokenOf(facts) !== undefined || facts.identifiedBy !== undefined)
}

function kindOf({ status, fields }: ServerReply): StreamKind {
  if (status === 101) return 'websocket'
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i]?.toLowerCase() !== 'content-type') continue
    const type = (fields[i + 1] ?? '').trimStart().toLowerCase()
    if (type.startsWith('text/event-stream')) return 'event_stream'
    if (type.startsWith('application/grpc')) return 'grpc'
  }
  return 'other'
}
