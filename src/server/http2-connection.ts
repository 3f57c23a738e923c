import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Denial } from '../errors/denial.ts'
import type { Http2Settings, LimitsSettings } from '../settings/model.ts'
import { Caller } from './caller.ts'
import { type ConnectionRules, IDLE_GRACE_MS, LINGER_MS } from './connection.ts'
import { type CountedEvent, Http2Guard } from './http2-guard.ts'
import { toSessionOptions } from './http2-options.ts'
import { Http2Request } from './http2-request.ts'
import { peerOf } from './peer.ts'

/** What a connection tells whoever made it. */
export interface Http2Events {
  /** A request arrived; it must be answered through `createHttp2Reply`. */
  onRequest(request: Http2Request, connection: Http2Connection): void
  /** The connection broke the protocol, or a limit; it is closed. */
  onRefused(denial: Denial, connection: Http2Connection): void
}

/** One HTTP/2 session on its socket: its streams are counted, its floods are ended, its silence is bounded. */
export class Http2Connection extends Caller {
  readonly socket: Socket
  readonly rules: ConnectionRules
  /** Streams that are not closed yet. */
  open = 0
  readonly #session: ServerHttp2Session
  readonly #events: Http2Events
  readonly #guard: Http2Guard
  /** Monotonic milliseconds since which there is no stream. */
  #idleSince: number
  #isReady = false
  #hasServed = false
  #isRefused = false
  #cancelWatch: () => void = ignore

  /**
   * Begins to speak HTTP/2 on a socket whose next bytes are the client's preface.
   *
   * @param limits in force now; they hold for the life of the connection, as `http2` does
   */
  constructor(
    socket: Socket,
    rules: ConnectionRules,
    limits: LimitsSettings,
    http2: Http2Settings,
    events: Http2Events,
  ) {
    super(peerOf(socket, rules.tls), '2.0')
    this.socket = socket
    this.rules = rules
    this.#events = events
    this.#guard = new Http2Guard(rules.clock, http2.maxResets)
    this.#idleSince = rules.clock.monotonic()
    // CVE-2025-59465: an error after the session let go of its socket must find a listener.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#cancelWatch())
    const session = performServerHandshake(socket, toSessionOptions(limits, http2))
    this.#session = session
    session.on('error', error => this.#onError(error))
    session.on('stream', (stream, _fields, flags, list) => this.#onStream(stream, flags, list))
    session.on('ping', () => this.#count('ping'))
    session.on('remoteSettings', () => {
      if (!this.#isReady) this.#watch(rules.draining ? IDLE_GRACE_MS : rules.idleTimeoutMs)
      this.#isReady = true
      this.#count('settings')
    })
    this.#watch(limits.headersTimeoutMs)
  }

  /** Takes no more requests. A connection that had none yet has `IDLE_GRACE_MS` for the one that it was opened for. */
  drain(): void {
    if (this.#hasServed) this.finish()
    else this.#watch(IDLE_GRACE_MS)
  }

  /**
   * Takes no more requests, and closes when the last answer is out. GOAWAY tells which requests were taken: a caller may repeat all
   * others (RFC 9113 section 6.8).
   */
  finish(): void {
    const session = this.#session
    if (!session.closed && !session.destroyed) session.close()
    this.#lingerIfDone()
  }

  #onStream(stream: ServerHttp2Stream, flags: number, list: readonly string[]): void {
    // Without a listener what breaks a stream would end the process.
    stream.on('error', ignore)
    const request = new Http2Request(stream, list, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)
    this.open += 1
    this.#hasServed = true
    stream.once('close', () => this.#onClosed(request))
    // Broken off in the same packet: there is nobody to answer, and nothing is done for it (CVE-2023-44487).
    if (stream.closed || stream.destroyed || this.#isRefused) return
    this.#events.onRequest(request, this)
  }

  #onClosed(request: Http2Request): void {
    this.open -= 1
    if (this.open === 0) this.#idleSince = this.rules.clock.monotonic()
    const isBroken = !request.isAnswered || request.stream.rstCode !== constants.NGHTTP2_NO_ERROR
    if (isBroken && !request.isCutHere) this.#count('reset')
    this.#lingerIfDone()
  }

  #count(event: CountedEvent): void {
    if (!this.#guard.allows(event)) {
      this.#refuse(`http2_${event}_flood`, constants.NGHTTP2_ENHANCE_YOUR_CALM)
    }
  }

  #onError(error: SessionError): void {
    const code = typeof error.code === 'string' ? error.code : ''
    // What the system says of a socket, and what the caller says of us in a GOAWAY, is no fault of the caller's.
    if (code.startsWith('ERR_HTTP2') && code !== 'ERR_HTTP2_SESSION_ERROR') this.#report(reasonOf(code, error))
    this.#linger()
  }

  #refuse(reason: string, code: number): void {
    if (this.#session.destroyed) return
    this.#report(reason)
    // The code alone would be taken for "no error" where there is none.
    this.#session.destroy(new Error(reason), code)
    this.#linger()
  }

  #report(reason: string): void {
    if (this.#isRefused) return
    this.#isRefused = true
    this.#events.onRefused({ code: 'request.malformed', facts: { reason } }, this)
  }

  /** Closes a connection that never said how it speaks, or that was without a request for `idleTimeoutMs`. */
  #watch(delayMs: number): void {
    this.#cancelWatch()
    this.#cancelWatch = this.rules.schedule(delayMs, () => {
      const { idleTimeoutMs, clock, draining } = this.rules
      const left = this.open > 0 ? idleTimeoutMs : this.#idleSince + idleTimeoutMs - clock.monotonic()
      if (draining && this.#isReady) this.finish()
      else if (!this.#isReady) this.socket.destroy()
      else if (left > 0) this.#watch(left)
      else this.finish()
    })
  }

  #lingerIfDone(): void {
    if (this.open === 0 && (this.#session.closed || this.#session.destroyed)) this.#linger()
  }

  /** A caller that does not close its side keeps the socket no longer than this. */
  #linger(): void {
    this.#cancelWatch()
    this.#cancelWatch = this.rules.schedule(LINGER_MS, () => this.socket.destroy())
  }
}

/** An error of Node's session; `errno` is that of nghttp2. */
interface SessionError extends Error {
  readonly code?: unknown
  readonly errno?: unknown
}

/** `NGHTTP2_ERR_FLOODED`: too many resets, or acknowledgements that nobody takes. */
const FLOODED = -904

function reasonOf(code: string, { errno }: SessionError): string {
  if (code === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES' || errno === FLOODED) return 'http2_flood'
  return 'http2_protocol'
}

function ignore(): void {}
