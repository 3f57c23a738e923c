import { Readable } from 'node:stream'
import type { Denial } from '../errors/denial.ts'
import type { RequestBody } from '../exchange/exchange.ts'
import { RequestBodyError } from '../exchange/request-body-error.ts'
import type { RequestHead } from '../message/request-head.ts'
import type { LimitsSettings } from '../settings/model.ts'
import type { NodeReply } from './node-reply.ts'

/**
 * Creates the body of a request; undefined where it has none, or an empty one. Call it right after the head was read: the reply
 * has to know of the body, so that what is left unread never becomes the next request.
 */
export function createRequestBody(
  reply: NodeReply,
  head: RequestHead,
  limits: Pick<LimitsSettings, 'maxBodyBytes'>,
): ServerRequestBody | undefined {
  const { framing } = head
  if (framing.kind === 'none' || (framing.kind === 'length' && framing.bytes === 0)) return undefined
  const isAwaited = head.httpVersion === '1.1' && head.fields.first('expect') !== undefined
  const length = framing.kind === 'length' ? framing.bytes : undefined
  const body = new ServerRequestBody(
    reply.incoming,
    length,
    limits.maxBodyBytes,
    isAwaited ? reply.response : undefined,
  )
  reply.body = body
  const { connection } = reply
  // Only the body of the last request may still be arriving; and where this one had to wait, it may have broken since.
  if (connection.incoming === reply.incoming) {
    connection.body = body
    if (connection.failure !== undefined && !reply.incoming.complete) body.fail(bodyErrorOf(connection.failure))
  }
  return body
}

/** What a body breaks with when the bytes of it cannot be read, or do not come in time. */
export function bodyErrorOf(denial: Denial): RequestBodyError {
  return new RequestBodyError(denial.code === 'request.timeout' ? 'BODY_TIMEOUT' : 'BODY_MALFORMED', denial)
}

/** Where the bytes of a body come from: Node's message, or an HTTP/2 stream. */
export interface BodySource {
  readonly readableHighWaterMark: number
  readonly destroyed: boolean
  /** True once `end` was emitted. */
  readonly readableEnded: boolean
  /** True once the body has arrived to its end, as its sender meant it. */
  readonly complete: boolean
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  off(event: 'end' | 'close', listener: () => void): unknown
  pause(): unknown
  resume(): unknown
}

/** What sends `100 Continue`. */
export interface Continuer {
  readonly headersSent: boolean
  readonly destroyed: boolean
  writeContinue(): void
}

/**
 * A request body on Node's message or on an HTTP/2 stream. The stream it opens stands between the message and whoever reads it, because destroying a
 * message destroys its connection: a target that gives up must still be answered for.
 */
export class ServerRequestBody implements RequestBody {
  readonly length: number | undefined
  readonly #incoming: BodySource
  readonly #maxBytes: number
  /** The response that sends `100 Continue`, while the caller waits for it. */
  #continueOn: Continuer | undefined
  #stream: BodyStream | undefined
  #failure: RequestBodyError | undefined

  constructor(incoming: BodySource, length: number | undefined, maxBytes: number, continueOn: Continuer | undefined) {
    this.#incoming = incoming
    this.length = length
    this.#maxBytes = maxBytes
    this.#continueOn = continueOn
  }

  /** True while the caller waits for `100 Continue`: it sends nothing before. */
  get isAwaitingContinue(): boolean {
    return this.#continueOn !== undefined
  }

  /** Bytes of the body that were read. */
  get bytesRead(): number {
    return this.#stream?.bytesRead ?? 0
  }

  /** Why the body broke; undefined while it has not. */
  get failure(): RequestBodyError | undefined {
    return this.#failure ?? this.#stream?.failure
  }

  open(): Readable {
    if (this.#stream !== undefined) throw new Error('the request body was opened twice')
    const response = this.#continueOn
    this.#continueOn = undefined
    if (response !== undefined && !response.headersSent && !response.destroyed) response.writeContinue()
    this.#stream = new BodyStream(this.#incoming, this.#maxBytes, this.length === undefined)
    if (this.#failure !== undefined) this.#stream.destroy(this.#failure)
    return this.#stream
  }

  /** Breaks the body: its reader gets the error, now or when it opens it. */
  fail(failure: RequestBodyError): void {
    this.#failure ??= failure
    this.#stream?.destroy(failure)
  }

  /** Takes the message back from whoever reads it; what is left of it is read and dropped. */
  release(): void {
    this.#stream?.destroy()
    this.#incoming.resume()
  }
}

/** A chunk below this size is worth being passed on together with others. */
const SMALL_BYTES = 1024

/** The bytes of a message, counted, with back-pressure, and without power over its connection. */
class BodyStream extends Readable {
  bytesRead = 0
  failure: RequestBodyError | undefined
  readonly #incoming: BodySource
  readonly #maxBytes: number
  readonly #gathersSmall: boolean
  #small: Uint8Array[] = []
  #attached = false

  /** @param gathersSmall small chunks that come together are passed on together: the caller may have made thousands of them. */
  constructor(incoming: BodySource, maxBytes: number, gathersSmall: boolean) {
    super({ highWaterMark: incoming.readableHighWaterMark })
    this.#incoming = incoming
    this.#maxBytes = maxBytes
    this.#gathersSmall = gathersSmall
  }

  override _read(): void {
    if (this.#attached) {
      this.#incoming.resume()
      return
    }
    this.#attached = true
    // An HTTP/2 stream whose DATA frames are all empty ends before anybody reads it.
    if (this.#incoming.readableEnded) {
      this.#onEnd()
      return
    }
    if (this.#incoming.destroyed && !this.#incoming.complete) {
      this.#onClose()
      return
    }
    this.#incoming.on('data', this.#onData)
    this.#incoming.on('end', this.#onEnd)
    this.#incoming.on('close', this.#onClose)
    this.#incoming.on('error', ignore)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (error instanceof RequestBodyError) this.failure = error
    if (this.#attached) {
      this.#incoming.off('data', this.#onData)
      this.#incoming.off('end', this.#onEnd)
      this.#incoming.off('close', this.#onClose)
      this.#incoming.pause()
    }
    callback(error)
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.bytesRead += chunk.length
    if (this.bytesRead > this.#maxBytes) {
      this.destroy(new RequestBodyError('BODY_TOO_LARGE', { code: 'request.body_too_large' }))
    } else if (this.#gathersSmall && chunk.length < SMALL_BYTES) {
      // All that one packet held has come before this microtask.
      if (this.#small.push(chunk) === 1) queueMicrotask(this.#pushSmall)
    } else {
      this.#pushSmall()
      if (!this.push(chunk)) this.#incoming.pause()
    }
  }

  readonly #pushSmall = (): void => {
    if (this.#small.length === 0 || this.destroyed) return
    const chunk = this.#small.length === 1 ? this.#small[0] : Buffer.concat(this.#small)
    this.#small = []
    if (!this.push(chunk)) this.#incoming.pause()
  }

  readonly #onEnd = (): void => {
    // An HTTP/2 stream that its sender reset ends as well.
    this.#pushSmall()
    if (this.#incoming.complete) this.push(null)
    else this.#onClose()
  }

  readonly #onClose = (): void => {
    if (!this.#incoming.complete) this.destroy(new RequestBodyError('CALLER_GONE', { code: 'caller.gone' }))
  }
}

function ignore(): void {}
