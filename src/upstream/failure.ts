/** What undici and Node.js report when an upstream fails, translated to the catalogue. Pure. */
import type { ErrorCode } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'

/** Codes whose meaning does not depend on when they come. */
const KNOWN: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['UND_ERR_CONNECT_TIMEOUT', 'upstream.connect_timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'upstream.response_timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'upstream.response_timeout'],
  ['UND_ERR_HEADERS_OVERFLOW', 'upstream.protocol'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'upstream.protocol'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'upstream.protocol'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'request.malformed'],
  ['UND_ERR_CLOSED', 'gateway.stopping'],
  ['UND_ERR_DESTROYED', 'gateway.stopping'],
  ['UND_ERR_INVALID_ARG', 'internal.defect'],
  ['UND_ERR_INVALID_RETURN_VALUE', 'internal.defect'],
  ['UND_ERR_NOT_SUPPORTED', 'internal.defect'],
  ['ERR_HTTP2_ERROR', 'upstream.protocol'],
  ['ERR_HTTP2_SESSION_ERROR', 'upstream.protocol'],
  ['HTTP2_COMPRESSION_ERROR', 'upstream.protocol'],
  ['HTTP2_ENHANCE_YOUR_CALM', 'upstream.protocol'],
  ['HTTP2_FLOW_CONTROL_ERROR', 'upstream.protocol'],
  ['HTTP2_FRAME_SIZE_ERROR', 'upstream.protocol'],
  ['HTTP2_HTTP_1_1_REQUIRED', 'upstream.protocol'],
  ['HTTP2_NOT_NEGOTIATED', 'upstream.protocol'],
  ['HTTP2_PROTOCOL_ERROR', 'upstream.protocol'],
  ['HTTP2_STREAM_CLOSED', 'upstream.protocol'],
  ['HTTP2_CLOSED', 'upstream.reset'],
  ['UNUSABLE_TRAILERS', 'upstream.protocol'],
  ['POOL_LINE_FULL', 'upstream.overloaded'],
  ['POOL_WAIT_TIMEOUT', 'upstream.overloaded'],
  ['EMFILE', 'gateway.overloaded'],
  ['ENFILE', 'gateway.overloaded'],
  ['EADDRNOTAVAIL', 'gateway.overloaded'],
  ['EPROTO', 'upstream.tls_failed'],
  ['CERT_HAS_EXPIRED', 'upstream.tls_failed'],
  ['CERT_NOT_YET_VALID', 'upstream.tls_failed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'upstream.tls_failed'],
  ['HOSTNAME_MISMATCH', 'upstream.tls_failed'],
  ['INVALID_CA', 'upstream.tls_failed'],
  ['INVALID_PURPOSE', 'upstream.tls_failed'],
  ['PATH_LENGTH_EXCEEDED', 'upstream.tls_failed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'upstream.tls_failed'],
])

const TLS_PREFIXES = ['ERR_TLS_', 'ERR_SSL_', 'CERT_', 'CRL_', 'UNABLE_TO_']

/** A failure that this room found out itself; its code is the reason in the log. */
export class UpstreamFault extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.name = 'UpstreamFault'
    this.code = code
  }
}

/** The `code` of an error that has one; undefined otherwise. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Translates a failure of an upstream.
 *
 * @param connected whether the request was being written to a connection when it failed.
 * @returns the catalogue's code; what has no known cause is our defect, so that it is loud.
 */
export function toFailureCode(error: unknown, connected: boolean): ErrorCode {
  // undici's parser leaves the code of its errors undefined, whatever its documentation says.
  if (error instanceof Error && error.name === 'HTTPParserError') return 'upstream.protocol'
  const code = codeOf(error)
  if (code === undefined) return 'internal.defect'
  const known = KNOWN.get(code)
  if (known !== undefined) return known
  if (TLS_PREFIXES.some(prefix => code.startsWith(prefix))) return 'upstream.tls_failed'
  if (code === 'UND_ERR_SOCKET') return isOutOfTurn(error) ? 'upstream.protocol' : 'upstream.reset'
  if (connected) return 'upstream.reset'
  return code === 'ETIMEDOUT' ? 'upstream.connect_timeout' : 'upstream.unreachable'
}

function reasonOf(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error ? error.name : 'thrown value')
}

/** undici's words for bytes that are no answer to the request: an unasked 100 or 101, or bytes without a request. */
function isOutOfTurn(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('bad ')
}

/** Makes the denial of a failed upstream call; the cause and the origin are for the log only. */
export function toUpstreamDenial(error: unknown, connected: boolean, origin: string): Denial {
  const code = toFailureCode(error, connected)
  return { code, facts: { upstream: origin, reason: reasonOf(error) }, cause: error }
}

/** Makes the denial of an answer that broke off after its head was sent; nothing can become a 502 any more. */
export function toInterruption(error: unknown, origin: string): Denial {
  return {
    code: 'upstream.interrupted',
    facts: { upstream: origin, reason: reasonOf(error), failure: toFailureCode(error, true) },
    cause: error,
  }
}
