import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { Denial } from '../errors/denial.ts'
import { Caller } from './caller.ts'
import { peerOf } from './peer.ts'
import { ReaderGuard, type UntakenAnswer } from './reader-guard.ts'
import type { ServerRequestBody } from './request-body.ts'

/** What all connections of a listener share. */
export interface ConnectionRules {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly tls: boolean
  /** True once the listener has stopped accepting: answers close their connection. */
  draining: boolean
  maxTargetBytes: number
  /** How long what waits for a caller may wait, and an unused connection stays. */
  idleTimeoutMs: number
}

/**
 * How long a caller that has ended its side may be left without a byte. Who has left looks the same as who still listens, until
 * something is sent to it: an upstream must not work for nobody for longer than this.
 */
const HALF_CLOSED_MS = 2_000
/** How long an idle connection may still send a request while its listener drains. */
export const IDLE_GRACE_MS = 200
/** How long the rest of a refused body is read, so that the answer is not lost in a reset connection (RFC 9112 section 9.6). */
export const LINGER_MS = 2_000

/** An answer whose request waits for the answers before it, and how many bytes had come on the connection by then. */
interface WaitingAnswer {
  readonly response: ServerResponse
  readonly bytesBefore: number
}

/** Requests that may wait on one connection for the answers before theirs; a caller that sends more is cut. */
const MAX_WAITING = 1_000
/** Bytes that may come behind the first request that waits: heads, and bodies that nobody reads yet. */
const MAX_WAITING_BYTES = 1024 * 1024

/**
 * One socket and what is known about it: made once, read by every request on it. It counts the requests under way, so that an
 * error answer never overtakes the answers before it (RFC 9112 section 9.3.2).
 */
export class Connection extends Caller {
  readonly socket: Socket
  readonly rules: ConnectionRules
  /** Requests that arrived and whose answers are not complete. */
  pending = 0
  /** The answers to those that nobody has seen yet: the request under way comes first (RFC 9112 section 9.3.2). */
  readonly waiting: WaitingAnswer[] = []
  /** The answer to the request under way, or to the last one. */
  serving: ServerResponse | undefined
  /** True once an answer said `Connection: close`, or the socket was upgraded: nothing that follows is a request. */
  isClosing = false
  /** What was wrong with the bytes after the last whole request; answered when the answers before it are out. */
  failure: Denial | undefined
  /** The last request; the only one whose body may still be arriving. */
  incoming: IncomingMessage | undefined
  /** Its body, where it has one. */
  body: ServerRequestBody | undefined
  /** A request whose upgrade was not taken: Node drops what came behind it, so nothing may follow its answer. */
  stranded: IncomingMessage | undefined
  /** Takes one answer off the count; shared by all responses of the connection. */
  readonly settle: () => void

  /** Bytes that had arrived when nothing was under way the last time. */
  #bytesBefore: number
  #reader: ReaderGuard | undefined

  constructor(socket: Socket, rules: ConnectionRules, onSettled: (connection: Connection) => void) {
    super(peerOf(socket, rules.tls), '1.1')
    this.socket = socket
    this.rules = rules
    this.#bytesBefore = socket.bytesRead
    this.settle = () => {
      this.pending--
      this.readerTook()
      this.#bytesBefore = socket.bytesRead
      onSettled(this)
    }
    socket.once('end', () => this.#watchListener())
  }

  /** Notes that a request arrived. */
  begin(incoming: IncomingMessage, response: ServerResponse): void {
    this.incoming = incoming
    this.body = undefined
    this.pending++
    response.on('close', this.settle)
  }

  /** Lets a request that arrived wait for its turn, or cuts a caller that has sent too much ahead. */
  putOff(response: ServerResponse): void {
    const { waiting, socket } = this
    const bytesBefore = socket.bytesRead
    waiting.push({ response, bytesBefore })
    const bytes = bytesBefore - (waiting[0]?.bytesBefore ?? bytesBefore)
    if (waiting.length > MAX_WAITING || bytes > MAX_WAITING_BYTES) socket.destroy()
  }

  /** Tells whether nothing is under way, not even a part of a head. */
  isIdle(): boolean {
    return this.pending === 0 && this.socket.bytesRead === this.#bytesBefore
  }

  /** Where the request that is arriving began, in bytes of the connection; later than that where it came behind another one. */
  get bytesBefore(): number {
    return this.#bytesBefore
  }

  /** Bytes of this answer wait for the caller: it is cut where they do for longer than `idleTimeoutMs`. */
  guardReader(answer: UntakenAnswer): void {
    this.#reader ??= new ReaderGuard(this.socket, this.rules)
    this.#reader.wait(answer)
  }

  /** Everything that waited for the caller has left. */
  readerTook(): void {
    this.#reader?.taken()
  }

  /** Ends the sending side, keeps reading for a moment, then closes: the caller may still be sending. */
  closeSlowly(lastBytes?: string): void {
    this.isClosing = true
    if (this.socket.destroyed) return
    if (lastBytes === undefined) this.socket.end()
    else this.socket.end(lastBytes, 'latin1')
    const cancel = this.rules.schedule(LINGER_MS, () => this.socket.destroy())
    this.socket.once('close', cancel)
  }

  /** Reads and drops what is left of a request body, at most `maxBytes`, then calls back once: with false if there was more. */
  discardBody(incoming: IncomingMessage, maxBytes: number, done: (complete: boolean) => void): void {
    let left = maxBytes
    const finish = (complete: boolean): void => {
      cancel()
      incoming.off('data', onData)
      incoming.off('end', onEnd)
      incoming.off('close', onClose)
      done(complete)
    }
    const onData = (chunk: Uint8Array): void => {
      left -= chunk.length
      if (left < 0) finish(false)
    }
    const onEnd = (): void => finish(true)
    const onClose = (): void => finish(incoming.complete)
    const cancel = this.rules.schedule(LINGER_MS, () => finish(false))
    incoming.on('data', onData)
    incoming.on('end', onEnd)
    incoming.on('close', onClose)
    incoming.resume()
  }

  /** The caller ended its side: where answers are owed, it keeps the connection while bytes go out to it. */
  #watchListener(): void {
    const { socket, rules } = this
    if (socket.destroyed || this.pending === 0) return
    const written = socket.bytesWritten
    const cancel = rules.schedule(HALF_CLOSED_MS, () => {
      socket.off('close', cancel)
      if (socket.bytesWritten === written) socket.destroy()
      else this.#watchListener()
    })
    socket.once('close', cancel)
  }
}
