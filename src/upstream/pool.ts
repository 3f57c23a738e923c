/**
 * Connections to one upstream origin: one undici pool each, HTTP/1.1 only, one request at a time on a connection, never shared
 * between origins (CVE-2026-6734). No redirect, retry, cache or decompression interceptor is ever put in front of it.
 * The ledger owns pools; the targets of a snapshot borrow them by `poolKey`.
 */
import type { Dispatcher } from 'undici'
import { buildConnector, Client, Pool } from 'undici'

/** Bounds of every pool that are not settings. */
export const POOL_LIMITS = {
  /** Requests to one origin that may be under way at once, connected or connecting; more are refused with 503. */
  maxInFlight: 1024,
  /** Bytes of a response head. */
  maxHeadBytes: 64 * 1024,
  /** Milliseconds that an idle connection is kept, unless the upstream's `Keep-Alive` field says otherwise. */
  keepAliveMs: 4_000,
  /** Longest idle time that an upstream's `Keep-Alive` field can ask for. */
  keepAliveMaxMs: 60_000,
  /** Milliseconds without a byte after which an answer's body, or a tunnel, is given up. */
  silenceMs: 300_000,
} as const

/** What distinguishes pools of one origin. Milliseconds throughout. */
export interface PoolSettings {
  /** `http://host:port` or `https://host:port`, as `URL.origin` writes it. */
  readonly origin: string
  /** Time for name lookup, TCP and TLS together. */
  readonly connectTimeoutMs: number
  /** Time from the last byte of the request to the end of the response head. */
  readonly responseTimeoutMs: number
  /** Default: `POOL_LIMITS.silenceMs`. */
  readonly silenceMs?: number
  /** Default: `POOL_LIMITS.maxInFlight`. */
  readonly maxInFlight?: number
  /** PEM certificates that an upstream's certificate must chain to. Default: the system's authorities. */
  readonly authorities?: string
}

/** What is known of the connection that a request was written to. Updated as the connection lives; read while a request is on it. */
export interface ConnectionState {
  /** Requests that were written before the current one. */
  requests: number
  /** What broke the connection, if an error did. */
  failure: Error | undefined
}

/** A dispatch handler that is told its connection before the request is written. */
export interface PoolHandler extends Dispatcher.DispatchHandler {
  connection: ConnectionState | undefined
}

/** The connections to one origin. */
export interface UpstreamPool {
  readonly origin: string
  readonly silenceMs: number
  /** Counts a request in; false means that too many are under way and nothing was counted. */
  enter(): boolean
  /** Counts a request out; once for each `enter` that said yes. */
  leave(): void
  /** Sends a request. Never throws: what cannot be sent is reported to `handler.onResponseError`. */
  dispatch(options: Dispatcher.DispatchOptions, handler: PoolHandler): void
  /** Waits for the requests under way, then closes every connection. */
  close(): Promise<void>
  /** Breaks off the requests under way and closes every connection. */
  destroy(): Promise<void>
}

/** Writes the key under which the ledger shares pools: equal settings, equal key. */
export function poolKey(settings: PoolSettings): string {
  return `pool ${JSON.stringify([
    settings.origin,
    settings.connectTimeoutMs,
    settings.responseTimeoutMs,
    settings.silenceMs ?? POOL_LIMITS.silenceMs,
    settings.maxInFlight ?? POOL_LIMITS.maxInFlight,
    settings.authorities ?? '',
  ])}`
}

/** Creates a pool; it opens no connection before the first request. */
export function createUpstreamPool(settings: PoolSettings): UpstreamPool {
  const silenceMs = settings.silenceMs ?? POOL_LIMITS.silenceMs
  const maxInFlight = settings.maxInFlight ?? POOL_LIMITS.maxInFlight
  const connector = buildConnector({
    allowH2: false,
    timeout: settings.connectTimeoutMs,
    ...(settings.authorities === undefined ? undefined : { ca: settings.authorities }),
  })
  const pool = new Pool(settings.origin, {
    allowH2: false,
    pipelining: 1,
    connections: null,
    headersTimeout: settings.responseTimeoutMs,
    bodyTimeout: silenceMs,
    keepAliveTimeout: POOL_LIMITS.keepAliveMs,
    keepAliveMaxTimeout: POOL_LIMITS.keepAliveMaxMs,
    maxHeaderSize: POOL_LIMITS.maxHeadBytes,
    strictContentLength: true,
    factory: (origin, options) => new WatchedClient(origin, options, connector),
  })
  let inFlight = 0
  return {
    origin: settings.origin,
    silenceMs,
    enter() {
      if (inFlight >= maxInFlight) return false
      inFlight += 1
      return true
    },
    leave() {
      inFlight -= 1
    },
    dispatch(options, handler) {
      pool.dispatch(options, handler)
    },
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}

/** A client, one connection at a time, that tells each handler the state of its connection. */
class WatchedClient extends Client {
  readonly #state: ConnectionState

  constructor(origin: URL, options: Client.Options, connector: buildConnector.connector) {
    const state: ConnectionState = { requests: 0, failure: undefined }
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
      state.requests = 0
      state.failure = undefined
      // Registered before undici's own listener, which takes a reset for the proper end of an answer without length.
      socket.on('error', failure => {
        state.failure = failure
      })
      callback(null, socket)
    })
}
