import type { Duplex } from 'node:stream'
import type { Schedule } from '../clock/schedule.ts'
import { entryOf } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import { FrameBoundary } from './frame-boundary.ts'

/** How long the caller has to read what is left and to close; with the sweep this stays below the three seconds of product.md 3. */
const GRACE_MS = 1_500

/** Close codes (RFC 6455 section 7.4.1): come again, or come again with other credentials. */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
/** Room for the reason in a control frame (RFC 6455 section 5.5). */
const MAX_REASON_BYTES = 123

type WriteDone = (error?: Error | null) => void
type WriteBytes = (chunk: Uint8Array, done?: WriteDone) => boolean

/**
 * The caller's end of a WebSocket, which the gateway can close by itself: with a close frame behind the upstream's current frame.
 * It follows the bytes that are written to the socket from the first one on; nothing else changes for who writes them.
 */
export class WebSocketEnd {
  readonly #socket: Duplex
  readonly #schedule: Schedule
  readonly #write: WriteBytes
  readonly #boundary = new FrameBoundary()
  #closeFrame: Uint8Array | undefined
  #isClosed = false

  constructor(socket: Duplex, schedule: Schedule) {
    this.#socket = socket
    this.#schedule = schedule
    this.#write = socket.write.bind(socket)
    // In place of a stream of our own around the socket, which would buffer each byte both ways once more.
    socket.write = (chunk: Uint8Array | string, encoding?: BufferEncoding | WriteDone, done?: WriteDone): boolean =>
      typeof encoding === 'function'
        ? this.#pass(toBytes(chunk, 'utf8'), encoding)
        : this.#pass(toBytes(chunk, encoding ?? 'utf8'), done)
  }

  /** Closes, at most `GRACE_MS` later. What the caller still sends goes nowhere from now on. */
  close({ code }: Denial): void {
    const socket = this.#socket
    if (this.#closeFrame !== undefined || socket.destroyed) return
    const closeCode = code === 'stream.timeout' ? GOING_AWAY : POLICY_VIOLATION
    this.#closeFrame = makeCloseFrame(closeCode, entryOf(code).title)
    socket.unpipe()
    socket.resume()
    const cancel = this.#schedule(GRACE_MS, () => socket.destroy())
    socket.once('close', cancel)
    if (this.#boundary.isHere) this.#finish(this.#closeFrame)
  }

  /** Writes what the upstream sends: all of it while the WebSocket is open, and up to the end of its frame while it is closing. */
  #pass(chunk: Uint8Array, done: WriteDone | undefined): boolean {
    if (this.#closeFrame === undefined) {
      this.#boundary.follow(chunk, false)
      return this.#write(chunk, done)
    }
    if (this.#isClosed) {
      if (done !== undefined) queueMicrotask(done)
      return true
    }
    const isTaken = this.#write(chunk.subarray(0, this.#boundary.follow(chunk, true)), done)
    if (this.#boundary.isHere) this.#finish(this.#closeFrame)
    return isTaken
  }

  #finish(closeFrame: Uint8Array): void {
    this.#isClosed = true
    this.#write(closeFrame)
    this.#socket.end()
  }
}

function toBytes(chunk: Uint8Array | string, encoding: BufferEncoding): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
}

/** Writes a close frame of a server: final, not masked (RFC 6455 sections 5.1 and 5.5.1). */
function makeCloseFrame(code: number, reason: string): Uint8Array {
  const text = Buffer.from(reason).subarray(0, MAX_REASON_BYTES)
  return Buffer.concat([Buffer.from([0x88, 2 + text.length, code >> 8, code & 0xff]), text])
}
