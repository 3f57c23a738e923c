import type { ErrorCode } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import type { Connection } from './connection.ts'

const CODES: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['HPE_HEADER_OVERFLOW', 'request.head_too_large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'request.body_too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request.timeout'],
  ['HPE_INVALID_VERSION', 'request.version_unknown'],
  ['HPE_PAUSED_H2_UPGRADE', 'request.version_unknown'],
  ['HPE_INVALID_TRANSFER_ENCODING', 'request.ambiguous_framing'],
  ['HPE_INVALID_CONTENT_LENGTH', 'request.ambiguous_framing'],
  ['HPE_UNEXPECTED_CONTENT_LENGTH', 'request.ambiguous_framing'],
])

/** What Node reports with `clientError`. */
export interface ClientError extends Error {
  readonly code?: string
  /** The parser's own words. */
  readonly reason?: string
  /** The bytes that were being parsed. */
  readonly rawPacket?: Uint8Array
}

/**
 * Tells how bytes that are no request are answered; undefined where nobody is there to answer: the connection broke or
 * ended in the middle, or bytes came after the last request of a closing connection.
 */
export function denialOfClientError(error: ClientError, connection: Connection): Denial | undefined {
  const { code = '' } = error
  if (code === 'HPE_CLOSED_CONNECTION' || code === 'HPE_INVALID_EOF_STATE') return undefined
  // The same code stands for a version we do not speak and for a line that does not end as it must.
  if (code === 'HPE_INVALID_VERSION' && error.reason?.includes('CRLF') === true)
    return denial('request.malformed', code)
  const known = CODES.get(code)
  if (known === 'request.head_too_large' && isLongTarget(error, connection))
    return denial('request.target_too_long', code)
  if (known !== undefined) return denial(known, code)
  return code.startsWith('HPE_') ? denial('request.malformed', code) : undefined
}

function denial(code: ErrorCode, reason: string): Denial {
  return { code, facts: { reason } }
}

/** Node counts target and fields together. Where a request begins in the bytes at hand, it can be seen how long its first line is. */
function isLongTarget({ rawPacket }: ClientError, { bytesBefore, rules, socket }: Connection): boolean {
  if (rawPacket === undefined) return false
  const start = rawPacket.length - (socket.bytesRead - bytesBefore)
  if (start < 0) return false
  const end = rawPacket.indexOf(0x0a, start)
  return (end < 0 ? rawPacket.length : end) - start > rules.maxTargetBytes
}
