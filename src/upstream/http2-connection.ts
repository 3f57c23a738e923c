import type { ClientHttp2Session, ClientSessionOptions } from 'node:http2'
import { connect } from 'node:http2'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { buildConnector, Dispatcher } from 'undici'
import { errors } from 'undici'
import { UpstreamFault } from './failure.ts'
import { Http2Exchange, type Http2Owner } from './http2-exchange.ts'
import { keepSessionHalf, nativeHalfOf } from './native-handles.ts'
import type { ConnectionState, PoolHandler, PoolSettings } from './pool.ts'
import { POOL_LIMITS } from './pool-limits.ts'

/** Bytes that an upstream may send on one stream before anybody has read them. */
const STREAM_WINDOW = 256 * 1024
/** Frames without a meaning for us that an upstream may send; Node.js keeps what they say. */
const MAX_STRAY_FRAMES = 16

/** Nothing that bounds memory or work is left to a default that the platform may change. */
const SESSION_OPTIONS: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
  // Of one connection, in MB: what waits to be sent, HPACK tables, unanswered frames.
  maxSessionMemory: 10,
  maxSettings: 32,
  maxOutstandingPings: 1,
  maxHeaderListPairs: POOL_LIMITS.maxHttp2Fields,
  maxDeflateDynamicTableSize: 4096,
  maxReservedRemoteStreams: 0,
  peerMaxConcurrentStreams: POOL_LIMITS.maxStreams,
  // A line that the caller repeats is passed on as it is in HTTP/1.1.
  strictSingleValueFields: false,
  settings: {
    headerTableSize: 4096,
    enablePush: false,
    initialWindowSize: STREAM_WINDOW,
    maxFrameSize: 16_384,
    maxHeaderListSize: POOL_LIMITS.maxHeadBytes,
  },
}

/** What a connection tells its pool. */
export interface Http2ConnectionEvents {
  /** Streams can be opened, or more of them than before. */
  readonly onFree: () => void
  /** It is closed; `failure` where it never was ready. */
  readonly onGone: (connection: Http2Connection, failure: Error | undefined) => void
}

export interface Http2ConnectionParts extends Http2ConnectionEvents {
  readonly connector: buildConnector.connector
}

/** One HTTP/2 connection: opening, ready once the upstream's settings came, retiring when it takes no more requests. */
export class Http2Connection implements Http2Owner {
  /** Requests at once, as far as is known. */
  limit: number = POOL_LIMITS.maxStreams
  readonly #settings: PoolSettings
  readonly #events: Http2ConnectionEvents
  readonly #exchanges = new Set<Http2Exchange>()
  readonly #state: ConnectionState = { failure: undefined }
  readonly #deadline: NodeJS.Timeout
  #session: ClientHttp2Session | undefined = undefined
  #nativeHalf: object | undefined = undefined
  #idle: NodeJS.Timeout | undefined = undefined
  #phase: 'opening' | 'ready' | 'retiring' | 'gone' = 'opening'
  #isSuspect = false
  #stray = 0
  #failure: Error | undefined = undefined

  constructor(settings: PoolSettings, parts: Http2ConnectionParts) {
    this.#settings = settings
    this.#events = parts
    const tooLate = (): void => this.#fail(new errors.ConnectTimeoutError('no HTTP/2 settings in time'))
    this.#deadline = setTimeout(() => setImmediate(tooLate), settings.connectTimeoutMs)
    const { host, hostname, protocol, port } = new URL(settings.origin)
    const target = { host, hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname, protocol, port }
    parts.connector(target, (error, socket) => {
      if (error !== null) this.#fail(error)
      else if (this.#phase === 'gone') socket.on('error', ignore).destroy()
      else this.#start(socket)
    })
  }

  get session(): ClientHttp2Session {
    if (this.#session === undefined) throw new Error('no session yet')
    return this.#session
  }

  get isOpening(): boolean {
    return this.#phase === 'opening'
  }

  /** Whether a request can be sent now. */
  get isFree(): boolean {
    if (this.#phase !== 'ready' || this.#isSuspect || this.#exchanges.size >= this.limit) return false
    // A session that broke says so only a turn later.
    return this.#session?.closed === false && !this.#session.destroyed
  }

  send(options: Dispatcher.DispatchOptions, handler: PoolHandler): void {
    handler.connection = this.#state
    const exchange = new Http2Exchange(handler, this, this.#settings)
    this.#exchanges.add(exchange)
    if (!exchange.send(options)) this.#exchanges.delete(exchange)
  }

  /** Takes no more requests and closes when those under way have ended. */
  retire(): void {
    if (this.#phase === 'opening') this.#fail(new errors.ClientClosedError())
    if (this.#phase !== 'ready') return
    this.#phase = 'retiring'
    this.#session?.close()
  }

  destroy(error: Error): void {
    this.#fail(error)
  }

  onStreamClosed(exchange: Http2Exchange): void {
    this.#exchanges.delete(exchange)
    if (this.#exchanges.size === 0) this.#idle?.refresh()
    if (this.isFree) this.#events.onFree()
  }

  onBroken(nativeHalf: object | undefined): void {
    keepSessionHalf(this.#nativeHalf, nativeHalf)
  }

  onSilence(): void {
    const session = this.#session
    if (this.#isSuspect || this.#phase !== 'ready' || session === undefined || session.destroyed) return
    this.#isSuspect = true
    const deadline = setTimeout(() => this.#fail(new UpstreamFault('HTTP2_CLOSED')), this.#settings.connectTimeoutMs)
    const asked = session.ping(error => {
      clearTimeout(deadline)
      if (error !== null) return
      this.#isSuspect = false
      if (this.isFree) this.#events.onFree()
    })
    if (asked) return
    clearTimeout(deadline)
    this.#isSuspect = false
  }

  #start(socket: Socket | TLSSocket): void {
    if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
      socket.on('error', ignore).destroy()
      this.#fail(new UpstreamFault('HTTP2_NOT_NEGOTIATED'))
      return
    }
    const session = connect(this.#settings.origin, {
      ...SESSION_OPTIONS,
      createConnection: () => socket,
    })
    this.#session = session
    this.#nativeHalf = nativeHalfOf(session)
    session.on('remoteSettings', ({ maxConcurrentStreams }) => this.#ready(maxConcurrentStreams))
    session.on('error', error => {
      this.#failure ??= error
    })
    session.on('goaway', () => {
      if (this.#phase === 'ready') this.#phase = 'retiring'
    })
    session.on('altsvc', this.#onStray)
    session.on('origin', this.#onStray)
    session.on('close', () => this.#gone())
  }

  #ready(maxStreams: number | undefined): void {
    this.limit = Math.min(maxStreams ?? POOL_LIMITS.maxStreams, POOL_LIMITS.maxStreams)
    if (this.#phase === 'opening') {
      this.#phase = 'ready'
      clearTimeout(this.#deadline)
      this.#idle = setTimeout(() => this.#exchanges.size === 0 && this.retire(), POOL_LIMITS.keepAliveMaxMs).unref()
    }
    if (this.isFree) this.#events.onFree()
  }

  readonly #onStray = (): void => {
    this.#stray += 1
    if (this.#stray !== MAX_STRAY_FRAMES) return
    // A turn later: a session must not be destroyed while it reads (nodejs/node issue 64850).
    setImmediate(() => this.#fail(new UpstreamFault('HTTP2_ENHANCE_YOUR_CALM')))
  }

  /** Ends the connection and every request on it at once. */
  #fail(error: Error): void {
    if (this.#phase === 'gone') return
    this.#failure ??= error
    for (const exchange of [...this.#exchanges]) exchange.fail(error)
    this.#session?.destroy()
    this.#gone()
  }

  #gone(): void {
    if (this.#phase === 'gone') return
    const wasReady = this.#phase !== 'opening'
    this.#phase = 'gone'
    clearTimeout(this.#deadline)
    clearTimeout(this.#idle)
    const failure = this.#failure ?? new UpstreamFault('HTTP2_CLOSED')
    for (const exchange of [...this.#exchanges]) exchange.fail(failure)
    this.#exchanges.clear()
    this.#events.onGone(this, wasReady ? undefined : failure)
  }
}

function ignore(): void {}
