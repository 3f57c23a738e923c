import { validateHeaderName, validateHeaderValue } from 'node:http'
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { publicCodeOf } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import type { Http2Connection } from './http2-connection.ts'
import { CONNECTION_SPECIFIC } from './http2-head.ts'
import type { Http2Request } from './http2-request.ts'
import type { ServerReply } from './node-reply.ts'
import type { ServerRequestBody } from './request-body.ts'

/** What a gRPC call is told whose stream ends: `PERMISSION_DENIED`, `UNAVAILABLE` (come again), else `UNAUTHENTICATED`. */
const GRPC_STATUS: Readonly<Partial<Record<Denial['code'], string>>> = { 'stream.revoked': '7', 'stream.timeout': '14' }
const GRPC_UNAUTHENTICATED = '16'

const NO_FIELDS: readonly string[] = Object.freeze([])

/** Creates the reply to a request that came on an HTTP/2 stream. */
export function createHttp2Reply(request: Http2Request, connection: Http2Connection): Http2Reply {
  return new Http2Reply(request, connection)
}

/**
 * A reply on an HTTP/2 stream. A cut answer is a reset stream; its connection goes on, and so do the other streams. The head waits for
 * the first byte or the end, at most until the event loop turns: an answer without a body ends with its head (gRPC "trailers only").
 */
export class Http2Reply implements ServerReply {
  readonly request: Http2Request
  readonly connection: Http2Connection
  /** Set by `createHttp2Body`. */
  body: ServerRequestBody | undefined
  status = 0
  fields: readonly string[] = NO_FIELDS
  bodyBytes = 0
  headAt: number | undefined
  readonly #stream: ServerHttp2Stream
  /** The head, while it has not left. */
  #waiting: OutgoingHttpHeaders | undefined
  #later: NodeJS.Immediate | undefined
  #trailers: OutgoingHttpHeaders | undefined
  #isBodiless = false
  #mayTrail = false
  #ended = false
  #isGuarded = false
  #cancelGuard: (() => void) | undefined
  readonly #abandoned: (() => void)[] = []

  constructor(request: Http2Request, connection: Http2Connection) {
    this.request = request
    this.connection = connection
    this.#stream = request.stream
  }

  get headSent(): boolean {
    return this.status !== 0
  }

  get requestBytes(): number {
    return this.body?.bytesRead ?? 0
  }

  get bodyFault(): Denial | undefined {
    const failure = this.body?.failure
    return failure === undefined || failure.code === 'CALLER_GONE' ? undefined : failure.denial
  }

  /** Says nothing here: a stream has its own frames, so nothing that is wrong with it puts the next one in doubt. */
  closeAfter(): void {}

  onAbandoned(listener: () => void): void {
    this.#abandoned.push(listener)
    if (this.#isGone()) queueMicrotask(() => this.#leave())
    else if (this.#abandoned.length === 1) this.#stream.once('aborted', this.#leave).once('close', this.#leave)
  }

  start(status: number, fields: readonly string[]): void {
    this.#prepare(status, fields)
    // What is only a head says all of it in one frame; whoever streams does not let its head wait.
    if (this.#waiting?.['grpc-status'] === undefined) this.#later = setImmediate(flush, this)
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#isBodiless || chunk.length === 0) return true
    this.bodyBytes += chunk.length
    this.flush()
    if (this.#isGone()) return true
    const isTaken = this.#stream.write(chunk)
    if (!isTaken) this.#guardReader()
    return isTaken
  }

  onDrain(listener: () => void): void {
    this.#stream.once('drain', listener)
  }

  end(trailers: readonly string[] = NO_FIELDS): void {
    if (this.#ended) return
    try {
      if (trailers.length > 0) this.#trailers = toHeaders(trailers)
    } catch {
      // What must not be sent cannot be left out either: the caller would take what is left for the whole.
      this.cut()
      return
    }
    this.#ended = true
    this.request.isAnswered = true
    this.#finish(undefined)
  }

  send(status: number, fields: readonly string[], body: string | Uint8Array): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.#prepare(status, hasLength(fields) ? fields : [...fields, 'content-length', String(bytes.length)])
    if (!this.#isBodiless) this.bodyBytes += bytes.length
    this.#ended = true
    this.request.isAnswered = true
    this.#finish(bytes)
  }

  cut(): void {
    this.#ended = true
    this.request.isCutHere = true
    if (this.#later !== undefined) clearImmediate(this.#later)
    this.#cancelGuard?.()
    this.body?.release()
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }

  endStream(denial: Denial): void {
    if (!this.#isGrpc() || this.#isGone()) {
      this.cut()
      return
    }
    const status = GRPC_STATUS[denial.code] ?? GRPC_UNAUTHENTICATED
    this.end(['grpc-status', status, 'grpc-message', publicCodeOf(denial.code)])
    // To the caller this is an end like any other; the target must not go on for it.
    this.#tellAbandoned()
  }

  switchProtocols(): Duplex {
    throw new Error('HTTP/2 has no upgrade')
  }

  /** Sends the head. */
  flush(): void {
    if (this.#waiting !== undefined) this.#respond(false)
  }

  #prepare(status: number, fields: readonly string[]): void {
    if (this.status !== 0) throw new Error('the head was sent already')
    if (status < 200 || status > 599) throw new RangeError(`no final status: ${status}`)
    this.#waiting = toHeaders(fields)
    this.#waiting[':status'] = status
    this.status = status
    this.fields = fields
    this.headAt = this.connection.rules.clock.monotonic()
    this.#isBodiless = this.request.method === 'HEAD' || status === 204 || status === 205 || status === 304
    // An answer that says its length has no trailers; all others may turn out to have some.
    this.#mayTrail = !this.#isBodiless && !hasLength(fields)
  }

  #respond(isWhole: boolean): void {
    const headers = this.#waiting
    this.#waiting = undefined
    if (this.#later !== undefined) clearImmediate(this.#later)
    if (headers === undefined || this.#isGone()) return
    const endStream = isWhole || this.#isBodiless
    const waitForTrailers = !endStream && this.#mayTrail
    if (waitForTrailers) this.#stream.once('wantTrailers', () => this.#sendTrailers())
    this.#stream.respond(headers, { endStream, waitForTrailers })
  }

  #finish(lastBytes: Uint8Array | undefined): void {
    const stream = this.#stream
    const isEmpty = lastBytes === undefined || lastBytes.length === 0
    this.#respond(isEmpty && this.#trailers === undefined)
    this.body?.release()
    if (this.#isGone()) return
    if (!this.#isBodiless) {
      if (isEmpty) stream.end()
      else stream.end(lastBytes)
    }
    this.#guardReader()
    if (this.request.isComplete || stream.readableEnded) return
    // RFC 9113 section 8.1: the rest of the body is not wanted, and saying so is no error.
    const close = (): void => stream.close(constants.NGHTTP2_NO_ERROR)
    if (stream.writableFinished) setImmediate(close)
    else stream.once('finish', () => setImmediate(close))
  }

  #sendTrailers(): void {
    if (this.#isGone()) return
    this.#stream.sendTrailers(this.#trailers ?? {})
  }

  /** A caller that does not read holds memory: it has `idleTimeoutMs` to take what waits for it, then its stream is reset. */
  #guardReader(): void {
    if (this.#cancelGuard !== undefined) return
    const { schedule, idleTimeoutMs } = this.connection.rules
    const stream = this.#stream
    const cancel = schedule(idleTimeoutMs, () => {
      this.#cancelGuard = undefined
      stream.close(constants.NGHTTP2_CANCEL)
    })
    this.#cancelGuard = () => {
      this.#cancelGuard = undefined
      cancel()
    }
    if (!this.#isGuarded) stream.once('close', () => this.#cancelGuard?.())
    this.#isGuarded = true
    if (!this.#ended) stream.once('drain', () => this.#cancelGuard?.())
  }

  /** An answer that was complete before its stream closed was not abandoned. */
  readonly #leave = (): void => {
    if (!this.#ended || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR) this.#tellAbandoned()
  }

  #tellAbandoned(): void {
    for (const listener of this.#abandoned.splice(0)) listener()
  }

  #isGone(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  #isGrpc(): boolean {
    const at = this.fields.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'content-type')
    return at >= 0 && this.fields[at + 1]?.startsWith('application/grpc') === true && this.#mayTrail && !this.#ended
  }
}

function flush(reply: Http2Reply): void {
  reply.flush()
}

/** Node takes an object; several lines of one name stay several lines. Throws on what must not be sent: that is a defect. */
function toHeaders(fields: readonly string[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = Object.create(null)
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    const value = fields[i + 1] as string
    // Of a 426: HTTP/2 has no upgrade (RFC 9113 section 8.6).
    if (name === 'upgrade') continue
    validateHeaderName(name)
    validateHeaderValue(name, value)
    // Node would throw at `te` as well, but only when the head leaves, where nobody catches it.
    if (CONNECTION_SPECIFIC.has(name) || name === 'te') throw new TypeError(`no field of HTTP/2: ${name}`)
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (Array.isArray(before)) before.push(value)
    else headers[name] = [String(before), value]
  }
  return headers
}

function hasLength(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i]?.toLowerCase() === 'content-length') return true
  return false
}
