/**
 * Keeps the native half of an HTTP/2 session until those of its broken streams are collected.
 *
 * A stream that ends amid a head (too many fields, continuation frames without end) still holds that head. If the garbage collector
 * meets the session first, Node.js 20 to 26 find memory that nobody gave back and abort the process
 * (`current_nghttp2_memory_ == 0`, nodejs/node issues 35233 and 39951): an upstream could end the gateway at will. Where Node.js names
 * its halves otherwise one day, nothing is kept, and the unit test tells; where nothing is kept,
 * `test/regressions/broken-heads-of-http2-upstreams.test.ts` ends with its process.
 */
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'

/** Of the process, as the collector is: a pool may be collected together with its sessions. Nobody can read anything out of it. */
const KEPT = new FinalizationRegistry<object>(() => undefined)

/** Finds the native half of a session or stream; it is there as long as the session or stream is open. */
export function nativeHalfOf(open: ClientHttp2Session | ClientHttp2Stream): object | undefined {
  for (const symbol of Object.getOwnPropertySymbols(open)) {
    if (symbol.description !== 'kHandle') continue
    const half: unknown = Reflect.get(open, symbol)
    return typeof half === 'object' && half !== null ? half : undefined
  }
  return undefined
}

/** Holds the session's half as long as that of a stream lives which did not come to its proper end. */
export function keepSessionHalf(session: object | undefined, stream: object | undefined): void {
  if (stream !== undefined && session !== undefined) KEPT.register(stream, session)
}
