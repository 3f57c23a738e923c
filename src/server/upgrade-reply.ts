import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Denial } from '../errors/denial.ts'
import type { Connection } from './connection.ts'
import type { ServerReply } from './node-reply.ts'
import { rawHead } from './raw-answer.ts'
import { WebSocketEnd } from './websocket-end.ts'

/** Creates the reply to an upgrade request; `firstBytes` already arrived behind its head. */
export function createUpgradeReply(connection: Connection, socket: Duplex, firstBytes: Uint8Array): ServerReply {
  return new UpgradeReply(connection, socket, firstBytes)
}

/** A reply on the bare connection, as Node hands it over with an upgrade. Without `switchProtocols` the connection ends with it. */
class UpgradeReply implements ServerReply {
  readonly bodyFault = undefined
  readonly requestBytes = 0
  status = 0
  fields: readonly string[] = []
  bodyBytes = 0
  headAt: number | undefined
  readonly #connection: Connection
  readonly #socket: Duplex
  readonly #firstBytes: Uint8Array
  readonly #abandoned: (() => void)[] = []
  #webSocket: WebSocketEnd | undefined
  #ended = false
  #guarded = false

  constructor(connection: Connection, socket: Duplex, firstBytes: Uint8Array) {
    this.#connection = connection
    this.#socket = socket
    this.#firstBytes = firstBytes
    socket.once('close', this.#onClose)
    // Nobody else listens yet, and a caller that leaves must not be an uncaught exception.
    socket.on('error', () => socket.destroy())
    // A caller that leaves is noticed only while its bytes are read; they are kept in order for whoever takes the connection.
    socket.on('end', this.#onEnd)
    socket.on('readable', keepUnread)
  }

  get headSent(): boolean {
    return this.status !== 0
  }

  closeAfter(): void {}

  onAbandoned(listener: () => void): void {
    if (this.#socket.destroyed && !this.#ended) queueMicrotask(listener)
    else this.#abandoned.push(listener)
  }

  start(status: number, fields: readonly string[], statusText?: string): void {
    this.#writeHead(status, statusText ?? STATUS_CODES[status] ?? '', [...fields, 'connection', 'close'])
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended) return true
    this.bodyBytes += chunk.length
    const isTaken = this.#socket.write(chunk)
    if (!isTaken) this.#guardReader()
    return isTaken
  }

  onDrain(listener: () => void): void {
    this.#socket.once('drain', listener)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#leave()
    this.#socket.resume()
    this.#connection.closeSlowly()
  }

  send(status: number, fields: readonly string[], body: string | Uint8Array): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const isSized = fields.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'content-length')
    this.start(status, isSized ? fields : [...fields, 'content-length', String(bytes.length)])
    this.write(bytes)
    this.end()
  }

  cut(): void {
    const { socket, peer } = this.#connection
    // What ends with the connection would look complete: only a reset looks cut.
    if (!peer.tls && !socket.destroyed) socket.resetAndDestroy()
    else socket.destroy()
    // Whoever is still writing the answer must stop.
    this.#onClose()
  }

  endStream(denial: Denial): void {
    if (this.#webSocket === undefined) this.cut()
    else this.#webSocket.close(denial)
  }

  switchProtocols(fields: readonly string[]): Duplex {
    this.#writeHead(101, 'Switching Protocols', fields)
    this.#webSocket = new WebSocketEnd(this.#socket, this.#connection.rules.schedule)
    this.#ended = true
    this.#leave()
    if (this.#firstBytes.length > 0) this.#socket.unshift(this.#firstBytes)
    return this.#socket
  }

  #writeHead(status: number, phrase: string, fields: readonly string[]): void {
    if (this.status !== 0) throw new Error('the head was sent already')
    for (let i = 0; i + 1 < fields.length; i += 2) {
      validateHeaderName(fields[i] ?? '')
      validateHeaderValue(fields[i] ?? '', fields[i + 1] ?? '')
    }
    const hasDate = fields.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'date')
    const all = hasDate ? fields : ['date', new Date(this.#connection.rules.clock.now()).toUTCString(), ...fields]
    this.status = status
    this.fields = fields
    this.headAt = this.#connection.rules.clock.monotonic()
    this.#socket.write(rawHead(status, phrase, all), 'latin1')
  }

  #guardReader(): void {
    const connection = this.#connection
    connection.guardReader(this)
    if (this.#guarded) return
    this.#guarded = true
    // Before the target's own listener, which writes more.
    this.#socket.on('drain', () => connection.readerTook())
  }

  #leave(): void {
    this.#socket.off('close', this.#onClose).off('end', this.#onEnd).off('readable', keepUnread)
  }

  readonly #onEnd = (): void => {
    this.#socket.destroy()
  }

  readonly #onClose = (): void => {
    if (this.#ended) return
    this.#ended = true
    for (const listener of this.#abandoned) listener()
  }
}

function keepUnread(): void {}
