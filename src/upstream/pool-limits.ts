/** Bounds of every pool that are not settings. */
export const POOL_LIMITS = {
  /** Bytes of a response head, and of the trailers that HTTP/2 may send behind a body. */
  maxHeadBytes: 64 * 1024,
  /** Milliseconds that an idle connection is kept, unless the upstream's `Keep-Alive` field says otherwise. */
  keepAliveMs: 4_000,
  /** Longest idle time that an upstream's `Keep-Alive` field can ask for; an HTTP/2 upstream says itself when it closes. */
  keepAliveMaxMs: 60_000,
  /** Requests at once on one HTTP/2 connection, fewer where the upstream says so. */
  maxStreams: 100,
  /** Field lines of one HTTP/2 response head. */
  maxHttp2Fields: 512,
} as const
