/**
 * The answers under way, and what ends those that go on and on: their token's expiry, a caller who would be refused now, the time
 * limit of their API. Here no verdict is reached (`judge-again.ts`) and no byte is written (`ServerReply.endStream`). One sweep a
 * second looks at all of them, and only while there are any; what it finds is done in small slices, so that ten thousand streams
 * never hold up a request. `serve-exchange.ts` enters and leaves; `gateway` makes one for all listeners.
 */
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { Denial } from '../errors/denial.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { JudgeAgain, Judgement } from './judge-again.ts'
import { type OpenStream, type StreamKind, toOpenStream, UNDECIDED } from './open-stream.ts'
import type { ServedExchange } from './served-exchange.ts'

export interface OpenStreamsParts {
  readonly clock: Clock
  readonly schedule: Schedule
  /** The snapshot in force: another revision than a stream was judged under means that it is judged again. */
  readonly current: () => Snapshot
  readonly judge: JudgeAgain
  /** Told of an exception in a verdict, or in an end. */
  readonly onDefect: (cause: unknown) => void
}

/** Why the gateway ended a stream. */
export const STREAM_ENDS = ['expired', 'revoked', 'timeout'] as const
export type StreamEnd = (typeof STREAM_ENDS)[number]

export interface StreamCounts {
  readonly open: Readonly<Record<StreamKind, number>>
  readonly ended: Readonly<Record<StreamEnd, number>>
}

const SWEEP_MS = 1_000
/** Under the same settings only time and keys can change a verdict. */
const JUDGE_EVERY_MS = 30_000
/** After a verdict that nobody could reach. */
const RETRY_MS = 10_000
/** Streams that are looked at before other work gets a turn. */
const LOOKS = 2_000
/** Streams that are ended, and streams that are judged, before other work gets a turn: some milliseconds each. */
const SLICE = 50
const PAUSE_MS = 10
/** Verdicts that may wait for a password check or for keys at a time: those of new requests come first. */
const MAX_PENDING = 2

const END_OF: Readonly<Partial<Record<Denial['code'], StreamEnd>>> = {
  'stream.expired': 'expired',
  'stream.revoked': 'revoked',
  'stream.timeout': 'timeout',
}
const EXPIRED: Denial = Object.freeze({ code: 'stream.expired' })
const TOKEN_REVOKED: Denial = Object.freeze({
  code: 'stream.revoked',
  facts: Object.freeze({ code: 'token.revoked' }),
})
const TIMED_OUT: Denial = Object.freeze({ code: 'stream.timeout' })

export class OpenStreams {
  readonly #parts: OpenStreamsParts
  /** Each at its `slot`. */
  readonly #all: ServedExchange[] = []
  readonly #toEnd: ServedExchange[] = []
  readonly #toJudge: ServedExchange[] = []
  readonly #ended: Record<StreamEnd, number> = { expired: 0, revoked: 0, timeout: 0 }
  /** How many, from the first on, the sweep has not seen yet. */
  #unseen = 0
  #pending = 0
  #isSweeping = false
  #isWorking = false

  constructor(parts: OpenStreamsParts) {
    this.#parts = parts
  }

  /** Takes an answer in that is about to begin. On the path of every request: two writes, and two more when it leaves. */
  enter(served: ServedExchange): void {
    served.slot = this.#all.push(served) - 1
    if (this.#isSweeping) return
    this.#isSweeping = true
    this.#parts.schedule(SWEEP_MS, this.#sweep)
  }

  /** Takes an answer out that is over. Does nothing for one that never entered. */
  leave(served: ServedExchange): void {
    const { slot } = served
    if (slot < 0) return
    served.slot = -1
    const last = this.#all.pop()
    if (last === undefined || last === served) return
    this.#all[slot] = last
    last.slot = slot
  }

  /** Counts the answers that have gone on for a second, and those that were ended so far. */
  count(): StreamCounts {
    const open = { websocket: 0, event_stream: 0, grpc: 0, other: 0 }
    for (const { stream } of this.#all) if (stream !== undefined) open[stream.kind] += 1
    return { open, ended: { ...this.#ended } }
  }

  readonly #sweep = (): void => {
    this.#isSweeping = this.#all.length > 0
    if (!this.#isSweeping) return
    this.#unseen = this.#all.length
    this.#sweepOn()
  }

  /** From the last to the first: what takes the place of one that left meanwhile was seen already, and nobody is passed over. */
  readonly #sweepOn = (): void => {
    const { clock, schedule, current } = this.#parts
    const snapshot = current()
    // Once a sweep: a list of several parts adds them up.
    const { generation } = snapshot.revocations
    const nowMs = clock.now()
    const at = clock.monotonic()
    const from = Math.min(this.#unseen, this.#all.length)
    this.#unseen = Math.max(from - LOOKS, 0)
    // First, so that a defect in a look does not end the looking.
    if (this.#unseen > 0) schedule(PAUSE_MS, this.#sweepOn)
    else schedule(SWEEP_MS, this.#sweep)
    for (const served of this.#all.slice(this.#unseen, from)) this.#look(served, snapshot, generation, nowMs, at)
  }

  #look(served: ServedExchange, snapshot: Snapshot, generation: number, nowMs: number, at: number): void {
    let { stream } = served
    if (stream === undefined) {
      const rules = served.route?.streams
      if (rules === undefined || !served.reply.headSent) return
      stream = toOpenStream(served, rules, at + JUDGE_EVERY_MS)
      served.stream = stream
    }
    if (stream.verdict !== undefined) return
    if (nowMs >= stream.expiresAtMs) this.#condemn(served, stream, EXPIRED)
    else if (at >= stream.timeoutAt) this.#condemn(served, stream, TIMED_OUT)
    else if (stream.revocations !== generation && this.#isRevoked(served, stream, snapshot, generation))
      this.#condemn(served, stream, TOKEN_REVOKED)
    else if (isDue(stream, snapshot.revision, at)) {
      stream.isWaiting = true
      this.#toJudge.push(served)
      this.#workLater()
    }
  }

  /** Looks the token up itself: ten thousand streams are not judged again, policy by policy, because one token was revoked. */
  #isRevoked({ exchange }: ServedExchange, stream: OpenStream, { revocations }: Snapshot, generation: number): boolean {
    stream.revocations = generation
    const token = exchange?.facts.jwt ?? exchange?.facts.introspected
    if (!stream.isJudged || token?.issuer === undefined) return false
    return revocations.isRevoked(token.issuer, token.claims)
  }

  #condemn(served: ServedExchange, stream: OpenStream, denial: Denial): void {
    stream.verdict = denial
    this.#toEnd.push(served)
    this.#workLater()
  }

  readonly #work = (): void => {
    this.#isWorking = false
    for (const served of this.#toEnd.splice(0, SLICE)) this.#end(served)
    for (let n = 0; n < SLICE && this.#pending < MAX_PENDING; n++) {
      const served = this.#toJudge.shift()
      if (served === undefined) break
      this.#judge(served)
    }
    if (this.#toEnd.length + this.#toJudge.length > 0) this.#workLater()
  }

  #workLater(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    this.#parts.schedule(PAUSE_MS, this.#work)
  }

  #end(served: ServedExchange): void {
    const { stream, reply } = served
    // It may have come to its own end meanwhile.
    if (stream?.verdict === undefined || served.slot < 0) return
    stream.ended = stream.verdict
    const end = END_OF[stream.ended.code]
    if (end !== undefined) this.#ended[end] += 1
    try {
      reply.endStream(stream.ended)
    } catch (cause) {
      this.#parts.onDefect(cause)
    }
  }

  #judge(served: ServedExchange): void {
    const { stream } = served
    if (stream === undefined) return
    if (served.slot < 0 || stream.verdict !== undefined) {
      stream.isWaiting = false
      return
    }
    const { revision } = this.#parts.current()
    try {
      const judgement = this.#parts.judge(served)
      if (!(judgement instanceof Promise)) {
        this.#conclude(served, stream, revision, judgement)
        return
      }
      this.#pending += 1
      judgement
        .catch((cause: unknown) => this.#giveUp(cause))
        .then(late => {
          this.#pending -= 1
          this.#conclude(served, stream, revision, late)
        })
    } catch (cause) {
      this.#conclude(served, stream, revision, this.#giveUp(cause))
    }
  }

  #conclude(served: ServedExchange, stream: OpenStream, revision: string, judgement: Judgement): void {
    stream.isWaiting = false
    if (served.slot < 0 || stream.verdict !== undefined) return
    const at = this.#parts.clock.monotonic()
    if (judgement.kind === 'stands') {
      stream.expiresAtMs = judgement.expiresAtMs
      stream.judgedUnder = revision
      stream.judgeAt = stream.isJudgedInTurn ? at + JUDGE_EVERY_MS : Number.POSITIVE_INFINITY
      stream.isDoubtful = false
    } else if (judgement.kind === 'ends' && (stream.isDoubtful || !goesByHostName(served))) {
      this.#condemn(served, stream, judgement.denial)
    } else {
      stream.isDoubtful = judgement.kind === 'ends'
      stream.judgedUnder = UNDECIDED
      stream.judgeAt = at + RETRY_MS
    }
  }

  /** A defect of ours ends nobody's stream. */
  #giveUp(cause: unknown): Judgement {
    this.#parts.onDefect(cause)
    return { kind: 'undecided' }
  }
}

function isDue(stream: OpenStream, revision: string, at: number): boolean {
  if (!stream.isJudged || stream.isWaiting) return false
  return at >= stream.judgeAt || (stream.judgedUnder !== revision && stream.judgedUnder !== UNDECIDED)
}

/** Changed host names are resolved in the background: their first no may be a not yet. */
function goesByHostName({ exchange }: ServedExchange): boolean {
  return exchange?.facts.identifiedBy?.includes('host_name') ?? false
}
