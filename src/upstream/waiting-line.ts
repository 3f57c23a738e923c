import type { Dispatcher } from 'undici'
import { UpstreamFault } from './failure.ts'
import type { PoolHandler } from './pool.ts'

/** A request that waits for a connection. */
export interface Waiting {
  readonly options: Dispatcher.DispatchOptions
  readonly handler: PoolHandler
  readonly timer: NodeJS.Timeout
}

/**
 * Requests that wait for a connection to one target, first come first served. Nobody waits longer than a connection may take to
 * open: then, or where the line is full, the request is told that the upstream has too many (`upstream.overloaded`).
 */
export class WaitingLine {
  readonly #waiting = new Map<PoolHandler, Waiting>()
  readonly #maxWaitMs: number

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Puts a request at the end of the line, or reports to its handler that `max` wait already. A handler waits for one request. */
  add(options: Dispatcher.DispatchOptions, handler: PoolHandler, max: number): void {
    if (this.#waiting.size >= max) {
      reportError(handler, new UpstreamFault('POOL_LINE_FULL'))
      return
    }
    // A timer for each: only requests that found no connection get here.
    const giveUp = (): void => {
      if (this.#waiting.delete(handler)) reportError(handler, new UpstreamFault('POOL_WAIT_TIMEOUT'))
    }
    // A turn later: where the event loop was late, or the connection fails just now, that is what counts.
    const timer = setTimeout(() => setImmediate(giveUp), this.#maxWaitMs)
    this.#waiting.set(handler, { options, handler, timer })
  }

  /** Takes the first one out of the line. */
  shift(): Waiting | undefined {
    for (const waiting of this.#waiting.values()) {
      this.#waiting.delete(waiting.handler)
      clearTimeout(waiting.timer)
      return waiting
    }
    return undefined
  }

  /** Takes a request out of the line whose answer nobody wants any more; its handler hears nothing. False where it is not in the line. */
  remove(handler: PoolHandler): boolean {
    clearTimeout(this.#waiting.get(handler)?.timer)
    return this.#waiting.delete(handler)
  }

  /** Tells all that wait now that they wait in vain. */
  fail(error: Error): void {
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { handler, timer } of all) {
      clearTimeout(timer)
      reportError(handler, error)
    }
  }
}

/** Reports a failure for which there is no connection. */
export function reportError(handler: PoolHandler, error: Error): void {
  handler.onResponseError?.(NO_CONNECTION, error)
}

/** Stands where a connection's controller would: there is nothing to control any more. */
const NO_CONNECTION: Dispatcher.DispatchController = Object.freeze({
  aborted: true,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
})
