/** As much of gRPC over HTTP/2 as a proxy sees of it: messages in frames of five bytes, and a status behind the answer. */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'

/** Frames a message: not compressed, its length, its bytes. */
export function toMessage(text: string): Buffer {
  const bytes = Buffer.from(text)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** Takes messages out of a stream of bytes as they become whole. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): string[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const messages: string[] = []
    while (this.#rest.length >= 5) {
      const end = 5 + this.#rest.readUInt32BE(1)
      if (this.#rest.length < end) break
      messages.push(this.#rest.toString('utf8', 5, end))
      this.#rest = this.#rest.subarray(end)
    }
    return messages
  }
}

/** A call under way, as its caller sees it. */
export interface GrpcCall {
  readonly stream: ClientHttp2Stream
  readonly messages: readonly string[]
  /** The answer's fields, once they came. */
  head(): IncomingHttpHeaders | undefined
  /** Resolves with `grpc-status`, wherever it stood, and where that was; rejects where the stream broke. */
  readonly status: Promise<{ readonly code: string | undefined; readonly where: 'head' | 'trailers' | 'nowhere' }>
}

/** Begins a call; the caller writes messages to its stream and ends it. */
export function beginCall(session: ClientHttp2Session, path: string, fields: OutgoingHttpHeaders = {}): GrpcCall {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...fields,
  })
  const messages: string[] = []
  const reader = new MessageReader()
  let head: IncomingHttpHeaders | undefined
  let trailers: IncomingHttpHeaders | undefined
  stream.on('response', fieldsOfHead => {
    head = fieldsOfHead
  })
  stream.on('trailers', fieldsBehind => {
    trailers = fieldsBehind
  })
  stream.on('data', (chunk: Buffer) => messages.push(...reader.push(chunk)))
  const status = new Promise<Awaited<GrpcCall['status']>>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('close', () => {
      if (trailers?.['grpc-status'] !== undefined) resolve({ code: String(trailers['grpc-status']), where: 'trailers' })
      else if (head?.['grpc-status'] !== undefined) resolve({ code: String(head['grpc-status']), where: 'head' })
      else resolve({ code: undefined, where: 'nowhere' })
    })
  })
  status.catch(() => undefined)
  return { stream, messages, head: () => head, status }
}
