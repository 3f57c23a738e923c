import type { Socket } from 'node:net'
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'

/** An answer whose bytes wait for its caller. */
export interface UntakenAnswer {
  /** Ends it so that it looks cut. */
  cut(): void
}

export interface ReaderRules {
  readonly clock: Clock
  readonly schedule: Schedule
  /** How long bytes may wait for the caller. */
  readonly idleTimeoutMs: number
}

/**
 * Ends answers that their caller does not take: what waits holds memory. All of it must leave within `idleTimeoutMs`, so that a
 * caller that takes a byte now and then is not better off than one that takes none (threats.md 3.15). One a connection, with at most
 * one timer, which outlives what it was set for: a caller that reads costs two assignments.
 */
export class ReaderGuard {
  readonly #rules: ReaderRules
  #waiting: UntakenAnswer | undefined
  #since = 0
  #cancel: (() => void) | undefined

  constructor(socket: Socket, rules: ReaderRules) {
    this.#rules = rules
    socket.once('close', () => {
      this.#waiting = undefined
      this.#cancel?.()
    })
  }

  /** Bytes of this answer wait from now on; where some wait already, their time goes on. */
  wait(answer: UntakenAnswer): void {
    if (this.#waiting !== undefined) return
    this.#waiting = answer
    this.#since = this.#rules.clock.monotonic()
    if (this.#cancel === undefined) this.#arm(this.#rules.idleTimeoutMs)
  }

  /** Everything that waited has left. */
  taken(): void {
    this.#waiting = undefined
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#rules.schedule(delayMs, () => {
      this.#cancel = undefined
      this.#check()
    })
  }

  #check(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    const leftMs = this.#since + this.#rules.idleTimeoutMs - this.#rules.clock.monotonic()
    if (leftMs > 0) {
      this.#arm(leftMs)
      return
    }
    this.#waiting = undefined
    waiting.cut()
  }
}
