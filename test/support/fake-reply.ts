/** A caller without a socket: it keeps what a target answers, reads as slowly as a test wants, and leaves when told. */
import type { Duplex } from 'node:stream'
import type { Reply } from '../../src/exchange/exchange.ts'

export interface FakeReplyOptions {
  /** Bytes after which `write` says false until `drain()`; default: never. */
  readonly highWaterMark?: number
  /** Keeps the number of bytes only, for large bodies. */
  readonly discard?: boolean
  /** What `switchProtocols` hands over. */
  readonly connection?: Duplex
}

export class FakeReply implements Reply {
  status = 0
  statusText: string | undefined = undefined
  fields: readonly string[] = []
  trailers: readonly string[] = []
  /** Bytes of the body written so far. */
  bytes = 0
  buffered = 0
  state: 'open' | 'ended' | 'cut' | 'switched' = 'open'
  readonly #chunks: Uint8Array[] = []
  readonly #options: FakeReplyOptions
  #onAbandoned: (() => void) | undefined
  #onDrain: (() => void) | undefined

  constructor(options: FakeReplyOptions = {}) {
    this.#options = options
  }

  get headSent(): boolean {
    return this.status !== 0
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  /** The values of a field of the answer, by lower-case name. */
  values(name: string): readonly string[] {
    return this.fields.filter((_, i) => i % 2 === 1 && this.fields[i - 1]?.toLowerCase() === name)
  }

  onAbandoned(listener: () => void): void {
    this.#onAbandoned = listener
  }

  start(status: number, fields: readonly string[], statusText?: string): void {
    if (this.headSent) throw new Error('the head was sent twice')
    this.status = status
    this.fields = fields
    this.statusText = statusText
  }

  write(chunk: Uint8Array): boolean {
    if (!this.headSent || this.state !== 'open') throw new Error(`a body part in state ${this.state}`)
    if (this.#options.discard !== true) this.#chunks.push(chunk)
    this.bytes += chunk.length
    this.buffered += chunk.length
    return this.buffered < (this.#options.highWaterMark ?? Number.POSITIVE_INFINITY)
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener
  }

  end(trailers: readonly string[] = []): void {
    this.trailers = trailers
    if (!this.headSent || this.state !== 'open') throw new Error(`an end in state ${this.state}`)
    this.state = 'ended'
  }

  send(status: number, fields: readonly string[], body: string | Uint8Array): void {
    this.start(status, fields)
    this.write(Buffer.from(body))
    this.end()
  }

  cut(): void {
    this.state = 'cut'
  }

  switchProtocols(fields: readonly string[]): Duplex {
    if (this.#options.connection === undefined) throw new Error('no connection to switch')
    this.start(101, fields)
    this.state = 'switched'
    return this.#options.connection
  }

  /** The caller reads everything that waits. */
  drain(): void {
    this.buffered = 0
    this.#onDrain?.()
  }

  /** The caller goes away. */
  leave(): void {
    this.#onAbandoned?.()
  }
}
