import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { constants } from 'node:http2'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { errors } from 'undici'
import { codeOf, UpstreamFault } from './failure.ts'
import { toRequestLines } from './http2-request.ts'
import { nativeHalfOf } from './native-handles.ts'
import type { PoolHandler, PoolSettings } from './pool.ts'

/** What an exchange asks of its connection. */
export interface Http2Owner {
  readonly session: ClientHttp2Session
  /** A stream did not come to its proper end; its native half is what `native-handles.ts` found. */
  onBroken(nativeHalf: object | undefined): void
  /** The stream is gone and its place is free. */
  onStreamClosed(exchange: Http2Exchange): void
  /** An answer did not come in time: the connection may be dead. */
  onSilence(): void
}

/** Names of the error codes (RFC 9113 section 7), by number. */
const ERROR_NAMES = [
  'CLOSED',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

const NO_TRAILERS: IncomingHttpHeaders = Object.freeze({})

/**
 * One request and its answer on one HTTP/2 stream. Tells its handler what undici would tell it, and is the handler's controller.
 * Reports exactly one end or error, and nothing after it.
 */
export class Http2Exchange implements Dispatcher.DispatchController {
  aborted = false
  paused = false
  reason: Error | null = null
  readonly #handler: PoolHandler
  readonly #owner: Http2Owner
  readonly #settings: PoolSettings
  #stream: ClientHttp2Stream | undefined = undefined
  #nativeHalf: object | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  #isOver = false
  #isAnswered = false
  /** Whether the upstream ended its stream, as opposed to breaking it off. */
  #isComplete = false
  #trailers = NO_TRAILERS

  constructor(handler: PoolHandler, owner: Http2Owner, settings: PoolSettings) {
    this.#handler = handler
    this.#owner = owner
    this.#settings = settings
  }

  /** Opens the stream. False where none was opened: its handler knows why. */
  send(options: Dispatcher.DispatchOptions): boolean {
    const { body } = options
    this.#handler.onRequestStart?.(this, undefined)
    if (this.aborted) return false
    try {
      const lines = toRequestLines(options, this.#settings.origin)
      this.#stream = this.#owner.session.request(lines, { endStream: !(body instanceof Readable) })
    } catch (error) {
      // Nothing was sent, and the session is as it was.
      this.#over(new errors.InvalidArgumentError(error instanceof Error ? error.message : 'unsendable request'))
      return false
    }
    this.#nativeHalf = nativeHalfOf(this.#stream)
    this.#listen(this.#stream)
    if (body instanceof Readable) this.#sendBody(this.#stream, body)
    else this.#expect(this.#settings.responseTimeoutMs)
    return true
  }

  abort(reason: Error): void {
    if (this.#isOver) return
    this.aborted = true
    this.reason = reason
    this.#over(reason)
    this.#reset()
  }

  /** Breaks off from the connection's side. */
  fail(error: Error): void {
    this.#over(error)
    this.#stream?.destroy()
  }

  pause(): void {
    if (this.paused || this.#isOver) return
    this.paused = true
    this.#stream?.pause()
    // The upstream may send no more: its silence is the caller's.
    clearTimeout(this.#timer)
  }

  resume(): void {
    if (!this.paused || this.#isOver) return
    this.paused = false
    this.#expect(this.#settings.silenceMs)
    this.#stream?.resume()
  }

  #listen(stream: ClientHttp2Stream): void {
    watchEnd(stream, () => {
      this.#isComplete = true
    })
    stream.on('headers', this.#onInterim)
    stream.on('response', this.#onResponse)
    stream.on('trailers', this.#onTrailers)
    stream.on('end', this.#onEnd)
    // Stays for the life of the stream: an error after the end must not reach the process.
    stream.on('error', this.#onError)
    stream.on('close', this.#onClose)
  }

  #sendBody(stream: ClientHttp2Stream, body: Readable): void {
    // As long as the caller is sending, the upstream owes no answer.
    this.#expect(this.#settings.silenceMs)
    body.on('data', this.#onProgress)
    stream.on('finish', () => {
      if (!this.#isOver && !this.#isAnswered) this.#expect(this.#settings.responseTimeoutMs)
    })
    body.pipe(stream)
  }

  readonly #onInterim = (fields: IncomingHttpHeaders): void => {
    this.#guard(() => {
      this.#handler.onResponseStarted?.()
      this.#handler.onResponseStart?.(this, takeStatus(fields), fields)
    })
  }

  readonly #onResponse = (fields: IncomingHttpHeaders): void => {
    this.#guard(() => {
      this.#isAnswered = true
      this.#expect(this.#settings.silenceMs)
      this.#handler.onResponseStarted?.()
      this.#handler.onResponseStart?.(this, takeStatus(fields), fields)
      if (!this.#isOver) this.#stream?.on('data', this.#onData)
    })
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#onProgress()
    this.#guard(() => this.#handler.onResponseData?.(this, chunk))
  }

  readonly #onTrailers = (fields: IncomingHttpHeaders): void => {
    this.#trailers = fields
  }

  readonly #onEnd = (): void => {
    if (this.#isOver) return
    if (!this.#isComplete || !this.#isAnswered) {
      this.#over(this.#failure())
      return
    }
    this.#guard(() => {
      this.#isOver = true
      clearTimeout(this.#timer)
      this.#handler.onResponseEnd?.(this, this.#trailers)
    })
    // Who has answered needs no more of the request (RFC 9113 section 8.1).
    if (this.#stream?.writableFinished === false) this.#reset()
  }

  readonly #onTimeout = (): void => {
    if (this.#isOver) return
    this.#owner.onSilence()
    this.#over(this.#isAnswered ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError())
    this.#reset()
  }

  readonly #onError = (error: Error): void => {
    const { rstCode = 0 } = this.#stream ?? {}
    // Node.js names the connection's error where it has one, and else only the number of the stream's.
    const code = codeOf(error)
    this.#over(code === undefined || code === 'ERR_HTTP2_STREAM_ERROR' ? toFault(rstCode) : error)
  }

  readonly #onClose = (): void => {
    this.#over(this.#failure())
    this.#owner.onStreamClosed(this)
  }

  /**
   * Waits so long for the next byte. A timer of our own: Node.js lets the one of a stream whose session broke run on, and with it all
   * that the stream holds.
   */
  #expect(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.paused) this.#timer = setTimeout(this.#onTimeout, ms)
  }

  readonly #onProgress = (): void => {
    if (!this.paused && !this.#isOver) this.#timer?.refresh()
  }

  /** Runs the handler; what it throws ends this exchange and never reaches the process. */
  #guard(step: () => void): void {
    if (this.#isOver) return
    try {
      step()
    } catch (defect) {
      this.#isOver = false
      this.#over(defect instanceof Error ? defect : new Error('thrown value'))
      this.#reset()
    }
  }

  #failure(): Error {
    return toFault(this.#stream?.rstCode ?? 0)
  }

  #over(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#owner.onBroken(this.#nativeHalf)
    this.#handler.onResponseError?.(this, error)
  }

  /** Tells the upstream to stop. Destroyed at once: waiting for a close that a busy session puts off would keep the memory. */
  #reset(): void {
    const stream = this.#stream
    if (stream === undefined || stream.destroyed) return
    stream.close(constants.NGHTTP2_CANCEL)
    stream.destroy()
  }
}

function toFault(rstCode: number): UpstreamFault {
  return new UpstreamFault(`HTTP2_${ERROR_NAMES[rstCode] ?? 'UNKNOWN_ERROR'}`)
}

/** Takes the status out of the fields, which have no other pseudo field: Node.js refuses those. */
function takeStatus(fields: IncomingHttpHeaders): number {
  const status = fields[':status'] ?? 0
  delete fields[':status']
  return Number(status)
}

/**
 * Calls back if the upstream ends the stream. Node.js emits `end` for a reset too, but it marks a reset stream as closed before it
 * puts the end into the stream, and a properly ended one after.
 */
function watchEnd(stream: ClientHttp2Stream, onEnd: () => void): void {
  const { push } = stream
  stream.push = (chunk, encoding) => {
    if (chunk === null && !stream.closed) onEnd()
    return push.call(stream, chunk, encoding)
  }
}
