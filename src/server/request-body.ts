import type { IncomingMessage, ServerResponse } from 'node:http'
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

/**
 * A request body on Node's message. The stream it opens stands between the message and whoever reads it, because destroying a
 * message destroys its connection: a target that gives up must still be answered for.
 */
export class ServerRequestBody implements RequestBody {
  readonly length: number | undefined
  readonly #incoming: IncomingMessage
  readonly #maxBytes: number
  /** The response that sends `100 Continue`, while the caller waits for it. */
  #continueOn: ServerResponse | undefined
  #stream: BodyStream | undefined
  #failure: RequestBodyError | undefined

  constructor(
    incoming: IncomingMessage,
    length: number | undefined,
    maxBytes: number,
    continueOn: ServerResponse | undefined,
  ) {
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
    this.#stream = new BodyStream(this.#incoming, this.#maxBytes)
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

/** The bytes of a message, counted, with back-pressure, and without power over its connection. */
class BodyStream extends Readable {
  bytesRead = 0
  failure: RequestBodyError | undefined
  readonly #incoming: IncomingMessage
  readonly #maxBytes: number
  #attached = false

  constructor(incoming: IncomingMessage, maxBytes: number) {
    super({ highWaterMark: incoming.readableHighWaterMark })
    this.#incoming = incoming
    this.#maxBytes = maxBytes
  }

  override _read(): void {
    if (this.#attached) {
      this.#incoming.resume()
      return
    }
    this.#attached = true
    if (this.#incoming.destroyed && !this.#incoming.complete) {
      this.#onClose()
      return
    }
    this.#incoming.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', ignore)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (error instanceof RequestBodyError) this.failure = error
    if (this.#attached) {
      this.#incoming.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
      this.#incoming.pause()
    }
    callback(error)
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.bytesRead += chunk.length
    if (this.bytesRead > this.#maxBytes) {
      this.destroy(new RequestBodyError('BODY_TOO_LARGE', { code: 'request.body_too_large' }))
    } else if (!this.push(chunk)) this.#incoming.pause()
  }

  readonly #onEnd = (): void => {
    this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#incoming.complete) this.destroy(new RequestBodyError('CALLER_GONE', { code: 'caller.gone' }))
  }
}

function ignore(): void {}
