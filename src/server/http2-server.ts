/**
 * HTTP/2 on the sockets that a listener hands over: it opens no port, and knows no API and no policy. Each session holds the settings
 * that were in force when it began. What floods is in `http2-guard.ts`, what is malformed in `http2-head.ts`; `listener.ts` calls it.
 */
import { constants } from 'node:http2'
import type { Socket } from 'node:net'
import type { Http2Settings, LimitsSettings } from '../settings/model.ts'
import type { ConnectionRules } from './connection.ts'
import { Http2Connection, type Http2Events } from './http2-connection.ts'
import type { Http2Request } from './http2-request.ts'
import type { RefusalParts } from './refused-socket.ts'

export interface Http2Parts extends RefusalParts {
  /** A request on an HTTP/2 stream. It must be answered through `createHttp2Reply`. */
  onStream?(request: Http2Request, connection: Http2Connection): void | Promise<void>
}

/** The HTTP/2 connections of one listener. */
export class Http2Server {
  readonly #parts: Http2Parts
  readonly #rules: ConnectionRules
  readonly #connections = new Set<Http2Connection>()
  readonly #events: Http2Events

  constructor(rules: ConnectionRules, parts: Http2Parts) {
    this.#rules = rules
    this.#parts = parts
    this.#events = {
      onRequest: (request, connection) => this.#serve(request, connection),
      onRefused: (denial, connection) => {
        try {
          // For the log: what the caller is told is in the GOAWAY.
          parts.onBadRequest(denial, connection)
        } catch (error) {
          parts.onDefect(error)
        }
      },
    }
  }

  /** Begins to speak HTTP/2 on a socket; the preface is among its next bytes. */
  accept(socket: Socket, limits: LimitsSettings, http2: Http2Settings): void {
    if (socket.destroyed) return
    let connection: Http2Connection
    try {
      connection = new Http2Connection(socket, this.#rules, limits, http2, this.#events)
    } catch (error) {
      socket.destroy()
      this.#parts.onDefect(error)
      return
    }
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
    if (this.#rules.draining) connection.drain()
  }

  /** Takes no new requests any more; connections close with their last answer. */
  drain(): void {
    for (const connection of this.#connections) connection.drain()
  }

  #serve(request: Http2Request, connection: Http2Connection): void {
    const fail = (error: unknown): void => {
      request.isCutHere = true
      request.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      this.#parts.onDefect(error)
    }
    try {
      const promise = this.#parts.onStream?.(request, connection)
      if (promise !== undefined) promise.catch(fail)
    } catch (error) {
      fail(error)
    }
  }
}
