import type { EventEmitter } from 'node:events'

/** What a new connection gets: served; told that there is no room; or nothing, where too many are being told already. */
export type Admission = 'served' | 'refused' | 'dropped'

/**
 * The places for connections of all traffic listeners together (threats.md 3.27). A connection beyond the cap is told so, in a bounded
 * number at a time: being told takes a moment, and callers that come faster than that are cut without a word.
 */
export class ConnectionCap {
  /** Connections that were not served, since the start. */
  refused = 0
  #max: number
  #served = 0
  #beingTold = 0

  /** @param max most connections that are served at a time (`limits.max_connections`) */
  constructor(max: number) {
    this.#max = max
  }

  /** Takes another cap for connections from now on; none is closed for it. */
  update(max: number): void {
    this.#max = max
  }

  /** Decides about a new connection. Whatever it was given, `leave` is called once when it is gone. */
  admit(): Admission {
    if (this.#served < this.#max) {
      this.#served += 1
      return 'served'
    }
    this.refused += 1
    if (this.#beingTold >= this.#max) return 'dropped'
    this.#beingTold += 1
    return 'refused'
  }

  /** Gives back what `admit` gave. */
  leave(admission: Admission): void {
    if (admission === 'served') this.#served -= 1
    else if (admission === 'refused') this.#beingTold -= 1
  }
}

/** Asks for a place for a new socket and gives it back when that is closed. Without a cap everybody is served. */
export function admitSocket(socket: EventEmitter, cap: ConnectionCap | undefined): Admission {
  if (cap === undefined) return 'served'
  const admission = cap.admit()
  socket.once('close', () => cap.leave(admission))
  return admission
}

/** The answer to a connection beyond the cap: small, ready, and made before a byte of it was read. */
export const NO_ROOM: string = [
  'HTTP/1.1 503 Service Unavailable',
  'retry-after: 5',
  'cache-control: no-store',
  'content-length: 0',
  'connection: close',
  '\r\n',
].join('\r\n')
