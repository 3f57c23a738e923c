/**
 * The HTTP/2 connections to one target, over `node:http2`: few connections, many requests on each. A request is written only to a
 * connection whose settings have come, so that what does not speak HTTP/2 never sees one. `pool.ts` makes it; nothing is ever sent
 * twice here.
 */
import type { buildConnector, Dispatcher } from 'undici'
import { errors } from 'undici'
import { createConnector } from './connector.ts'
import { Http2Connection } from './http2-connection.ts'
import type { PoolHandler, PoolSettings, UpstreamPool } from './pool.ts'
import { POOL_LIMITS } from './pool-limits.ts'
import { reportError, WaitingLine } from './waiting-line.ts'

export class Http2Pool implements UpstreamPool {
  readonly origin: string
  readonly silenceMs: number
  readonly #settings: PoolSettings
  readonly #connector: buildConnector.connector
  readonly #connections = new Set<Http2Connection>()
  readonly #line: WaitingLine
  /** What the upstream last said about requests at once on a connection. */
  #limit: number = POOL_LIMITS.maxStreams
  #entered = 0
  #isClosing = false
  #isServing = false
  #onEmpty: (() => void) | undefined = undefined

  constructor(settings: PoolSettings) {
    this.origin = settings.origin
    this.silenceMs = settings.silenceMs
    this.#settings = settings
    this.#line = new WaitingLine(settings.connectTimeoutMs)
    this.#connector = createConnector(settings, true)
  }

  enter(): boolean {
    const { maxConnections, maxPending } = this.#settings
    if (this.#entered >= maxConnections * this.#limit + maxPending) return false
    this.#entered += 1
    return true
  }

  leave(): void {
    this.#entered -= 1
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: PoolHandler): void {
    if (this.#isClosing) {
      reportError(handler, new errors.ClientClosedError())
      return
    }
    const free = this.#line.size === 0 ? this.#findFree() : undefined
    if (free !== undefined) {
      free.send(options, handler)
      return
    }
    // Before the wait begins: whoever waits for this very connection learns how it failed, not that it took long.
    this.#openFor(this.#line.size + 1)
    this.#line.add(options, handler, this.#settings.maxPending + this.#countOpening() * this.#limit)
  }

  withdraw(handler: PoolHandler): void {
    if (this.#line.remove(handler)) this.#serve()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#line.size === 0) this.#retireAll()
    await this.#whenEmpty()
  }

  async destroy(): Promise<void> {
    this.#isClosing = true
    const error = new errors.ClientDestroyedError()
    this.#line.fail(error)
    for (const connection of [...this.#connections]) connection.destroy(error)
    await this.#whenEmpty()
  }

  #findFree(): Http2Connection | undefined {
    for (const connection of this.#connections) {
      if (connection.isFree) return connection
    }
    return undefined
  }

  #countOpening(): number {
    let opening = 0
    for (const { isOpening } of this.#connections) opening += isOpening ? 1 : 0
    return opening
  }

  /** Opens connections for so many requests, one at a time: the first one tells how many requests each takes. */
  #openFor(waiting: number): void {
    if (this.#connections.size >= this.#settings.maxConnections) return
    const opening = this.#countOpening()
    if (opening > 0 && waiting <= opening * this.#limit) return
    this.#connections.add(
      new Http2Connection(this.#settings, {
        connector: this.#connector,
        onFree: this.#serve,
        onGone: this.#onGone,
      }),
    )
  }

  readonly #serve = (): void => {
    if (this.#isServing) return
    this.#isServing = true
    for (let free = this.#findFree(); free !== undefined; free = this.#findFree()) {
      this.#limit = free.limit
      const next = this.#line.shift()
      if (next === undefined) break
      free.send(next.options, next.handler)
    }
    this.#isServing = false
    if (this.#line.size > 0) this.#openFor(this.#line.size)
    else if (this.#isClosing) this.#retireAll()
  }

  readonly #onGone = (connection: Http2Connection, failure: Error | undefined): void => {
    this.#connections.delete(connection)
    if (failure !== undefined && this.#connections.size === 0) this.#line.fail(failure)
    else this.#serve()
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  #retireAll(): void {
    for (const connection of [...this.#connections]) connection.retire()
  }

  #whenEmpty(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const previous = this.#onEmpty
      this.#onEmpty = () => {
        previous?.()
        resolve()
      }
    })
  }
}
