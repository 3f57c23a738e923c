import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Denial } from '../errors/denial.ts'
import type { Reply } from '../exchange/exchange.ts'
import type { Connection } from './connection.ts'
import type { ServerRequestBody } from './request-body.ts'

/** A reply with what only `server` may ask of it. */
export interface ServerReply extends Reply {
  /** Status of the answer; 0 before the head was sent. */
  readonly status: number
  /** Bytes of the answer's body so far, before chunking. */
  readonly bodyBytes: number
  /** When the head was handed over, in monotonic milliseconds. */
  readonly headAt: number | undefined
  /** Bytes of the request's body that were read so far. */
  readonly requestBytes: number
  /**
   * Why the request's body broke while the target was at work, if it did. An outcome `abandoned` then means: answer with this
   * denial, where no head was sent yet.
   */
  readonly bodyFault: Denial | undefined
  /** Fields of the answer as the target gave them: name, value, name, value, …; empty before the head was sent. */
  readonly fields: readonly string[]
  /** Makes this the last answer of its connection. Has no effect after the head. */
  closeAfter(): void
  /**
   * Ends an answer that goes on, or a WebSocket, for the reason of `denial`; call once, after the head. It must look cut to the
   * caller, and say why where the protocol has a way to. The target learns by `onAbandoned`, or by the end of the connection.
   */
  endStream(denial: Denial): void
}

/** An unread body up to this size is read and dropped, so that the connection can go on. */
const MAX_DISCARDED_BYTES = 64 * 1024
/** An unread body up to this size is read and dropped before the connection is closed, so that the answer arrives. */
const MAX_LINGERING_BYTES = 1024 * 1024

/** First bytes up to this size wait for the end of the answer, at most until the event loop turns. */
const MAX_HELD_BYTES = 16 * 1024

const NO_FIELDS: readonly string[] = Object.freeze([])

/** Creates the reply to a request that came by the listener's `onRequest`. */
export function createReply(incoming: IncomingMessage, response: ServerResponse, connection: Connection): NodeReply {
  return new NodeReply(incoming, response, connection)
}

/** A reply on Node's response. Framing and `Connection` are its business, everything else is the target's. */
export class NodeReply implements ServerReply {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  readonly connection: Connection
  /** Set by `createRequestBody`. */
  body: ServerRequestBody | undefined
  status = 0
  fields: readonly string[] = NO_FIELDS
  bodyBytes = 0
  headAt: number | undefined
  #closes = false
  #ended = false
  #flushed = false
  #guarded = false
  /** The first bytes of the body, while the head has not left. */
  #held: Uint8Array | undefined
  #later: NodeJS.Immediate | undefined

  constructor(incoming: IncomingMessage, response: ServerResponse, connection: Connection) {
    this.incoming = incoming
    this.response = response
    this.connection = connection
  }

  get headSent(): boolean {
    return this.response.headersSent
  }

  get requestBytes(): number {
    return this.body?.bytesRead ?? 0
  }

  get bodyFault(): Denial | undefined {
    const failure = this.body?.failure
    return failure === undefined || failure.code === 'CALLER_GONE' ? undefined : failure.denial
  }

  closeAfter(): void {
    this.#closes = true
  }

  onAbandoned(listener: () => void): void {
    if (this.response.closed || this.response.destroyed) {
      if (!this.#ended) queueMicrotask(listener)
      return
    }
    this.response.once('close', () => {
      if (!this.response.writableFinished) listener()
    })
  }

  start(status: number, fields: readonly string[], statusText?: string): void {
    this.#writeHead(status, fields, statusText)
    // Head, body and end of a short answer usually come together, and leave in one write; what comes alone must not wait long.
    this.#later = setImmediate(flush, this)
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended) return true
    this.bodyBytes += chunk.length
    if (!this.#flushed && this.#held === undefined && chunk.length <= MAX_HELD_BYTES) {
      this.#held = chunk
      return true
    }
    this.flush()
    return this.#pass(chunk)
  }

  onDrain(listener: () => void): void {
    this.response.once('drain', listener)
  }

  end(): void {
    if (this.#later !== undefined) clearImmediate(this.#later)
    const held = this.#held
    this.#held = undefined
    // As text it leaves in one write with the head; Latin-1 keeps every byte.
    if (held === undefined) this.#finish(undefined)
    else this.#finish(Buffer.from(held.buffer, held.byteOffset, held.length).toString('latin1'), 'latin1')
  }

  send(status: number, fields: readonly string[], body: string | Uint8Array): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    this.#writeHead(status, hasLength(fields) ? fields : [...fields, 'content-length', String(length)], undefined)
    if (this.response.req.method !== 'HEAD') this.bodyBytes += length
    this.#finish(body, 'utf8', true)
  }

  cut(): void {
    this.#ended = true
    this.connection.isClosing = true
    const { socket } = this.connection
    // What ends with the connection would look complete: only a reset looks cut.
    if (this.incoming.httpVersion === '1.0' && !this.connection.peer.tls && !socket.destroyed) socket.resetAndDestroy()
    // Not the response alone: one that still waits for its turn would leave a gap, and the next answer would fill it.
    else socket.destroy()
  }

  /** HTTP/1.1 has no way to say why; the next request of this caller is told. */
  endStream(): void {
    this.cut()
  }

  switchProtocols(): Duplex {
    throw new Error('this request does not ask for another protocol')
  }

  /** Sends the head, and what came of the body with it. */
  flush(): void {
    if (this.#flushed || this.#ended || this.response.destroyed) return
    this.#flushed = true
    const held = this.#held
    this.#held = undefined
    if (held === undefined) this.response.flushHeaders()
    else this.#pass(held)
  }

  #pass(chunk: Uint8Array): boolean {
    const isTaken = this.response.write(chunk)
    if (!isTaken) this.#guardReader()
    return isTaken
  }

  #writeHead(status: number, fields: readonly string[], statusText: string | undefined): void {
    this.status = status
    this.fields = fields
    this.headAt = this.connection.rules.clock.monotonic()
    if (this.#mustClose()) {
      this.#closes = true
      this.connection.isClosing = true
      fields = [...fields, 'connection', 'close']
    }
    // RFC 9110 section 7.8: who sends Upgrade names it in Connection.
    if (status === 426) fields = [...fields, 'connection', 'upgrade']
    // Node takes a flat list as it is, and does not change it.
    if (statusText === undefined) this.response.writeHead(status, fields as string[])
    else this.response.writeHead(status, statusText, fields as string[])
  }

  #mustClose(): boolean {
    const { connection } = this
    if (this.#closes || this.incoming.httpVersion === '1.0' || connection.stranded === this.incoming) return true
    // Only the last request: the answers to pipelined ones behind this one are still owed.
    if (connection.incoming !== this.incoming) return false
    return (
      connection.rules.draining || (this.#hasUnreadBody() && (connection.failure !== undefined || this.#isLongBody()))
    )
  }

  #hasUnreadBody(): boolean {
    if (this.incoming.complete) return false
    return this.body !== undefined || hasBodyFields(this.incoming.rawHeaders)
  }

  #isLongBody(): boolean {
    const { body } = this
    return body?.length !== undefined && body.length - body.bytesRead > MAX_DISCARDED_BYTES
  }

  /** `isSized`: the answer is whole without Node's end of it. */
  #finish(lastChunk: string | Uint8Array | undefined, encoding: BufferEncoding = 'utf8', isSized = false): void {
    if (this.#ended) return
    this.#ended = true
    const { connection, incoming, response } = this
    const isUnread = this.#hasUnreadBody()
    const isAwaitingContinue = this.body?.isAwaitingContinue === true
    this.body?.release()
    if (isUnread && !isAwaitingContinue && this.#closes) {
      this.#flushAll(lastChunk, encoding)
      // RFC 9112 section 9.6: first our side of the connection ends, then, when the rest was read or after a while, all of it.
      if (isSized) connection.socket.end()
      connection.discardBody(incoming, MAX_LINGERING_BYTES, () => response.end())
      if (connection.socket.writableLength > 0) this.#guardReader()
      return
    }
    if (lastChunk === undefined) response.end()
    else response.end(lastChunk, encoding)
    if (isUnread && !isAwaitingContinue) {
      connection.discardBody(incoming, MAX_DISCARDED_BYTES, complete => {
        if (!complete) connection.socket.destroy()
      })
    }
    if (connection.socket.writableLength > 0) this.#guardReader()
  }

  /** Sends everything but the end, which would close the connection at once. */
  #flushAll(lastChunk: string | Uint8Array | undefined, encoding: BufferEncoding): void {
    if (lastChunk !== undefined && lastChunk.length > 0 && this.response.req.method !== 'HEAD') {
      this.response.write(lastChunk, encoding)
    } else if (!this.#flushed) this.response.flushHeaders()
  }

  /** Bytes wait for the caller. What came before the end has left with `drain`, the rest when the connection settles. */
  #guardReader(): void {
    const { connection } = this
    connection.guardReader(this)
    if (this.#guarded || this.#ended) return
    this.#guarded = true
    // Before the target's own listener, which writes more.
    this.response.on('drain', () => connection.readerTook())
  }
}

function flush(reply: NodeReply): void {
  reply.flush()
}

function hasLength(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i]?.toLowerCase() === 'content-length') return true
  return false
}

function hasBodyFields(lines: readonly string[]): boolean {
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]?.toLowerCase()
    if (name === 'transfer-encoding' || name === 'content-length') return true
  }
  return false
}
