import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { Denial } from '../errors/denial.ts'
import { type AddressSet, normalizeAddress } from '../message/address.ts'
import { type Authority, parseAuthority } from '../message/authority.ts'
import type { Peer } from '../message/request-head.ts'
import type { ServerRequestBody } from './request-body.ts'

/** What all connections of a listener share. */
export interface ConnectionRules {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly tls: boolean
  /** True once the listener has stopped accepting: answers close their connection. */
  draining: boolean
  maxTargetBytes: number
  /** How long a caller may neither read nor, after a closing answer, send what is left of its body. */
  idleTimeoutMs: number
}

/** How long the rest of a refused body is read, so that the answer is not lost in a reset connection (RFC 9112 section 9.6). */
const LINGER_MS = 2_000

/**
 * One socket and what is known about it: made once, read by every request on it. It counts the requests under way, so that an
 * error answer never overtakes the answers before it (RFC 9112 section 9.3.2).
 */
export class Connection {
  readonly peer: Peer
  readonly socket: Socket
  readonly rules: ConnectionRules
  /** Requests that arrived and whose answers are not complete. */
  pending = 0
  /** The answers to those that nobody has seen yet: the request under way comes first (RFC 9112 section 9.3.2). */
  readonly waiting: ServerResponse[] = []
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
  #hostText = ''
  #authority: Authority | undefined
  #proxies: AddressSet | undefined
  #isProxy = false

  constructor(socket: Socket, rules: ConnectionRules, onSettled: (connection: Connection) => void) {
    this.socket = socket
    this.rules = rules
    this.#bytesBefore = socket.bytesRead
    this.peer = {
      address: normalizeAddress(socket.remoteAddress ?? '') ?? '',
      port: socket.remotePort ?? 0,
      tls: rules.tls,
    }
    this.settle = () => {
      this.pending--
      this.#bytesBefore = socket.bytesRead
      onSettled(this)
    }
  }

  /** Notes that a request arrived. */
  begin(incoming: IncomingMessage, response: ServerResponse): void {
    this.incoming = incoming
    this.body = undefined
    this.pending++
    response.on('close', this.settle)
  }

  /** Tells whether nothing is under way, not even a part of a head. */
  isIdle(): boolean {
    return this.pending === 0 && this.socket.bytesRead === this.#bytesBefore
  }

  /** Tells whether the peer is one of these proxies; looked up once for a set. */
  isFrom(proxies: AddressSet): boolean {
    if (this.#proxies !== proxies) {
      this.#proxies = proxies
      this.#isProxy = !proxies.isEmpty && proxies.has(this.peer.address)
    }
    return this.#isProxy
  }

  /** Parses a Host value; callers repeat theirs, so the last one is kept. */
  authorityOf(hostText: string): Authority | undefined {
    if (this.#authority === undefined || this.#hostText !== hostText) {
      this.#authority = parseAuthority(hostText)
      this.#hostText = hostText
    }
    return this.#authority
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
}
