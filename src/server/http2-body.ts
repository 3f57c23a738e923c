import type { ServerHttp2Stream } from 'node:http2'
import type { RequestHead } from '../message/request-head.ts'
import type { LimitsSettings } from '../settings/model.ts'
import type { Http2Reply } from './http2-reply.ts'
import type { Http2Request } from './http2-request.ts'
import { type BodySource, bodyErrorOf, type Continuer, ServerRequestBody } from './request-body.ts'

/**
 * Creates the body of a request on an HTTP/2 stream; undefined where it has none, or an empty one. It breaks with `request.timeout`
 * where it has not arrived within `limits.requestTimeoutMs`, and no answer has begun: a call that goes both ways (gRPC) takes as long as
 * its answer may.
 */
export function createHttp2Body(
  reply: Http2Reply,
  head: RequestHead,
  limits: Pick<LimitsSettings, 'maxBodyBytes' | 'requestTimeoutMs'>,
): ServerRequestBody | undefined {
  const { framing } = head
  if (framing.kind === 'none' || (framing.kind === 'length' && framing.bytes === 0)) return undefined
  const { request, connection } = reply
  const length = framing.kind === 'length' ? framing.bytes : undefined
  const source = new StreamSource(request)
  const isAwaited = head.fields.first('expect') !== undefined
  const body = new ServerRequestBody(source, length, limits.maxBodyBytes, isAwaited ? source : undefined)
  reply.body = body
  const { stream } = request
  const cancel = connection.rules.schedule(limits.requestTimeoutMs, () => {
    if (!reply.headSent) body.fail(bodyErrorOf({ code: 'request.timeout' }))
  })
  stream.once('end', cancel)
  stream.once('close', cancel)
  return body
}

/** A stream as the source of a body: it knows a proper end from a reset. */
class StreamSource implements BodySource, Continuer {
  readonly #stream: ServerHttp2Stream

  constructor({ stream }: Http2Request) {
    this.#stream = stream
  }

  get readableHighWaterMark(): number {
    return this.#stream.readableHighWaterMark
  }

  get destroyed(): boolean {
    return this.#stream.destroyed
  }

  get readableEnded(): boolean {
    return this.#stream.readableEnded
  }

  get headersSent(): boolean {
    return this.#stream.headersSent
  }

  /** Node ends the readable side of a stream that was reset, too. One whose answer is owed is closed by a reset only. */
  get complete(): boolean {
    return this.#stream.readableEnded && !this.#stream.closed
  }

  on(event: string, listener: (chunk: Uint8Array) => void): void {
    this.#stream.on(event, listener)
  }

  off(event: string, listener: (chunk: Uint8Array) => void): void {
    this.#stream.off(event, listener)
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  writeContinue(): void {
    if (!this.#stream.closed) this.#stream.additionalHeaders({ ':status': 100 })
  }
}
