import { write } from 'node:fs'

/** Where log lines go: the main log and the access log share one, so that their lines stay in order. */
export interface LogDestination {
  /** Takes one line with its line end. Never blocks, never throws. */
  write(line: string): void
  /** Lines thrown away because whoever reads the log was too slow, or is gone. */
  readonly dropped: number
  /** Writes what is pending and takes no more. Resolves also where the reader is gone, or too slow to wait for. */
  close(): Promise<void>
}

/** What is kept for a slow reader of the log before lines are dropped, in characters. */
const MAX_PENDING = 16 * 1024 * 1024
/** Lines wait this long for company, in milliseconds: a busy gateway makes one system call for many. */
const GATHER_MS = 10
/** Lines of this length together do not wait, in characters. */
const GATHER_LENGTH = 64 * 1024
/** How long a full pipe is left alone before it is tried again, in milliseconds. */
const RETRY_MS = 10
/** How long the last lines may take, in milliseconds. A reader that stands still must not keep the process. */
const LAST_WORDS_MS = 1000

/**
 * Opens a file descriptor, usually 1 (standard output). Writing is asynchronous: lines leave together with those that arrive within
 * some milliseconds, or while a write is under way, and a blocked pipe never blocks a request. A reader that went away (EPIPE) must not
 * end the gateway: its lines are lost, its work is not.
 */
export function openLogDestination(descriptor: number): LogDestination {
  return new GatheringDestination(descriptor)
}

/** Every request ends in a line: a general stream costs three times as much (`docs/decisions/0011-access-log-lines-by-hand.md`). */
class GatheringDestination implements LogDestination {
  dropped = 0
  readonly #descriptor: number
  #lines: string[] = []
  #length = 0
  #isWriting = false
  #isGathering = false
  /** True once the reader is gone, or the destination closed. */
  #isShut = false
  #onEmpty: (() => void) | undefined

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  write(line: string): void {
    if (this.#isShut || this.#length + line.length > MAX_PENDING) {
      this.dropped += 1
      return
    }
    this.#lines.push(line)
    this.#length += line.length
    if (!this.#isWriting) this.#schedule()
  }

  close(): Promise<void> {
    if (this.#isShut) return Promise.resolve()
    this.#isShut = true
    return new Promise(resolve => {
      const timer = setTimeout(resolve, LAST_WORDS_MS)
      this.#onEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
      if (!this.#isWriting) this.#writeLines()
    })
  }

  #schedule(): void {
    if (this.#length >= GATHER_LENGTH) this.#writeLines()
    else if (!this.#isGathering) {
      this.#isGathering = true
      setTimeout(() => {
        this.#isGathering = false
        if (!this.#isWriting) this.#writeLines()
      }, GATHER_MS)
    }
  }

  #writeLines(): void {
    if (this.#lines.length === 0) {
      this.#onEmpty?.()
      return
    }
    const bytes = Buffer.from(this.#lines.length === 1 ? (this.#lines[0] ?? '') : this.#lines.join(''))
    this.#lines = []
    this.#length = 0
    this.#isWriting = true
    this.#writeBytes(bytes)
  }

  #writeBytes(bytes: Buffer): void {
    write(this.#descriptor, bytes, (error, written) => {
      const rest = error === null ? bytes.subarray(written) : bytes
      if (error !== null && error.code !== 'EAGAIN' && error.code !== 'EBUSY') this.#giveUp()
      else if (error !== null) setTimeout(() => this.#writeBytes(rest), RETRY_MS)
      else if (rest.length > 0) this.#writeBytes(rest)
      else this.#written()
    })
  }

  #written(): void {
    this.#isWriting = false
    if (this.#isShut) this.#writeLines()
    else if (this.#lines.length > 0) this.#schedule()
  }

  #giveUp(): void {
    this.#isShut = true
    this.#isWriting = false
    this.dropped += this.#lines.length
    this.#lines = []
    this.#length = 0
    this.#onEmpty?.()
  }
}
