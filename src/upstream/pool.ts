/**
 * Connections to one upstream target: HTTP/1.1, one request at a time on a connection, by undici (`http1-pool.ts`), or HTTP/2 by
 * Node.js (`http2-pool.ts`); never shared between origins (CVE-2026-6734). No redirect, retry, cache or decompression is ever done
 * here. The ledger owns pools; the targets of a snapshot borrow them by `poolKey`.
 */
import type { Dispatcher } from 'undici'
import type { OutgoingTls } from '../outbound/outgoing-tls.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http2Pool } from './http2-pool.ts'

/** What distinguishes pools of one origin. Milliseconds throughout. */
export interface PoolSettings {
  /** `http://host:port` or `https://host:port`, as `URL.origin` writes it. */
  readonly origin: string
  /** `http2`: by ALPN and nothing else for an https origin, with prior knowledge for an http one (RFC 9113 section 3). */
  readonly protocol: 'http1' | 'http2'
  /** Time for name lookup, TCP, TLS and HTTP/2 settings together; also the longest wait for a connection. */
  readonly connectTimeoutMs: number
  /** Time from the last byte of the request to the end of the response head. */
  readonly responseTimeoutMs: number
  /** Time without a byte after which an answer's body, or a tunnel, is given up. */
  readonly silenceMs: number
  readonly maxConnections: number
  /** Requests that may wait for a connection; more are refused with 503. */
  readonly maxPending: number
  /** For an https origin. Default: the system's authorities, the origin's host name, no certificate of ours. */
  readonly tls?: OutgoingTls
}

/** What is known of the connection that a request was written to. Updated as the connection lives; read while a request is on it. */
export interface ConnectionState {
  /** What broke the connection, if an error did. */
  failure: Error | undefined
}

/** A dispatch handler that is told its connection before the request is written. */
export interface PoolHandler extends Dispatcher.DispatchHandler {
  connection: ConnectionState | undefined
}

/** The connections to one target. */
export interface UpstreamPool {
  readonly origin: string
  readonly silenceMs: number
  /** Counts a request in; false means that too many are under way or waiting, and nothing was counted. */
  enter(): boolean
  /** Counts a request out; once for each `enter` that said yes. */
  leave(): void
  /**
   * Sends a request, at once or when a connection is free for it. Never throws: what cannot be sent is reported to
   * `handler.onResponseError`, what waited too long as `upstream.overloaded`.
   */
  dispatch(options: Dispatcher.DispatchOptions, handler: PoolHandler): void
  /** Takes a request back that still waits for a connection; its handler hears no more of it. Any other goes its way. */
  withdraw(handler: PoolHandler): void
  /** Waits for the requests under way, then closes every connection. */
  close(): Promise<void>
  /** Breaks off the requests under way and closes every connection. */
  destroy(): Promise<void>
}

/** Writes the key under which the ledger shares pools: equal settings, equal key. */
export function poolKey(settings: PoolSettings): string {
  return `pool ${JSON.stringify([
    settings.origin,
    settings.protocol,
    settings.connectTimeoutMs,
    settings.responseTimeoutMs,
    settings.silenceMs,
    settings.maxConnections,
    settings.maxPending,
    settings.tls?.identity ?? '',
  ])}`
}

/** Creates a pool; it opens no connection before the first request. */
export function createUpstreamPool(settings: PoolSettings): UpstreamPool {
  return settings.protocol === 'http2' ? new Http2Pool(settings) : new Http1Pool(settings)
}
