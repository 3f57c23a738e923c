import type { Duplex } from 'node:stream'
import type { buildConnector, Dispatcher } from 'undici'
import { Client, errors, Pool } from 'undici'
import { createConnector } from './connector.ts'
import type { ConnectionState, PoolHandler, PoolSettings, UpstreamPool } from './pool.ts'
import { POOL_LIMITS } from './pool-limits.ts'
import { reportError, WaitingLine } from './waiting-line.ts'

/** The HTTP/1.1 connections to one target: one undici pool, one request at a time on a connection. */
export class Http1Pool implements UpstreamPool {
  readonly origin: string
  readonly silenceMs: number
  readonly #settings: PoolSettings
  readonly #pool: Pool
  readonly #line: WaitingLine
  /** Requests that callers hold a place for. */
  #entered = 0
  /** Requests on a connection, or on their way to one; a tunnel until it is closed. */
  #sent = 0
  #isClosing = false
  #isServing = false

  constructor(settings: PoolSettings) {
    this.origin = settings.origin
    this.silenceMs = settings.silenceMs
    this.#settings = settings
    this.#line = new WaitingLine(settings.connectTimeoutMs)
    const connector = createConnector(settings, false)
    this.#pool = new Pool(settings.origin, {
      allowH2: false,
      pipelining: 1,
      // Those beyond wait in our own line, which knows when to give up; undici's holds who comes while one is just being freed.
      connections: settings.maxConnections,
      headersTimeout: settings.responseTimeoutMs,
      bodyTimeout: settings.silenceMs,
      keepAliveTimeout: POOL_LIMITS.keepAliveMs,
      keepAliveMaxTimeout: POOL_LIMITS.keepAliveMaxMs,
      maxHeaderSize: POOL_LIMITS.maxHeadBytes,
      strictContentLength: true,
      factory: (origin, options) => new WatchedClient(origin, options, connector),
    })
  }

  enter(): boolean {
    if (this.#entered >= this.#settings.maxConnections + this.#settings.maxPending) return false
    this.#entered += 1
    return true
  }

  leave(): void {
    this.#entered -= 1
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: PoolHandler): void {
    if (this.#isClosing) reportError(handler, new errors.ClientClosedError())
    else if (this.#line.size === 0 && this.#sent < this.#settings.maxConnections) this.#send(options, handler)
    else this.#line.add(options, handler, this.#settings.maxPending)
  }

  withdraw(handler: PoolHandler): void {
    this.#line.remove(handler)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    // undici lets what it was given end.
    for (let next = this.#line.shift(); next !== undefined; next = this.#line.shift()) {
      this.#send(next.options, next.handler)
    }
    await this.#pool.close()
  }

  async destroy(): Promise<void> {
    this.#isClosing = true
    this.#line.fail(new errors.ClientDestroyedError())
    await this.#pool.destroy()
  }

  #send(options: Dispatcher.DispatchOptions, handler: PoolHandler): void {
    this.#sent += 1
    this.#pool.dispatch(options, new SentRequest(handler, this.#free))
  }

  readonly #free = (): void => {
    this.#sent -= 1
    // A request that fails at once frees its place at once: a loop, not a recursion.
    if (this.#isServing) return
    this.#isServing = true
    while (this.#sent < this.#settings.maxConnections) {
      const next = this.#line.shift()
      if (next === undefined) break
      this.#send(next.options, next.handler)
    }
    this.#isServing = false
  }
}

/** Tells the pool when a request has ended, and passes everything on. */
class SentRequest implements PoolHandler {
  readonly #handler: PoolHandler
  readonly #onEnd: () => void
  #isOver = false

  constructor(handler: PoolHandler, onEnd: () => void) {
    this.#handler = handler
    this.#onEnd = onEnd
  }

  get connection(): ConnectionState | undefined {
    return this.#handler.connection
  }

  set connection(connection: ConnectionState | undefined) {
    this.#handler.connection = connection
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context)
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.()
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    fields: Parameters<NonNullable<PoolHandler['onResponseStart']>>[2],
    statusText?: string,
  ): void {
    this.#handler.onResponseStart?.(controller, status, fields, statusText)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk)
  }

  onResponseEnd(
    controller: Dispatcher.DispatchController,
    trailers: Parameters<NonNullable<PoolHandler['onResponseEnd']>>[1],
  ): void {
    this.#handler.onResponseEnd?.(controller, trailers)
    this.#over()
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#handler.onResponseError?.(controller, error)
    this.#over()
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    fields: Parameters<NonNullable<PoolHandler['onRequestUpgrade']>>[2],
    socket: Duplex,
  ): void {
    // A tunnel is a connection like any other, although undici counts it no longer.
    socket.once('close', () => this.#over())
    this.#handler.onRequestUpgrade?.(controller, status, fields, socket)
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd()
  }
}

/** A client, one connection at a time, that tells each handler the state of its connection. */
class WatchedClient extends Client {
  readonly #state: ConnectionState

  constructor(origin: URL, options: Client.Options, connector: buildConnector.connector) {
    const state: ConnectionState = { failure: undefined }
    super(origin, { ...options, connect: watch(connector, state) })
    this.#state = state
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: PoolHandler): boolean {
    handler.connection = this.#state
    return super.dispatch(options, handler)
  }
}

function watch(connector: buildConnector.connector, state: ConnectionState): buildConnector.connector {
  return (options, callback) =>
    connector(options, (error, socket) => {
      if (error !== null) {
        callback(error, null)
        return
      }
      state.failure = undefined
      // Registered before undici's own listener, which takes a reset for the proper end of an answer without length.
      socket.on('error', failure => {
        state.failure = failure
      })
      callback(null, socket)
    })
}
