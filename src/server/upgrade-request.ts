import { trimSpace } from '../message/forwarded-field.ts'
import { type FieldScan, listHas } from './field-scan.ts'

/** The one protocol that connections may be upgraded to (RFC 6455). */
export const WEBSOCKET = 'websocket'

/**
 * Judges the upgrade that a request asks for: `none` where it asks for none, or only for protocols that we do not know (they are
 * ignored, RFC 9110 section 7.8); `invalid` where it asks for a WebSocket in a way that servers disagree about.
 */
export function judgeUpgrade(
  method: string,
  httpVersion: string,
  scan: FieldScan,
): 'none' | 'invalid' | typeof WEBSOCKET {
  if (scan.upgrade === undefined || httpVersion !== '1.1' || !listHas(scan.connection, 'upgrade')) return 'none'
  if (!listHas(scan.upgrade, WEBSOCKET)) return 'none'
  const isAlone = trimSpace(scan.upgrade).toLowerCase() === WEBSOCKET
  const hasBody = scan.contentLength !== undefined || scan.transferEncoding !== undefined
  return isAlone && method === 'GET' && !hasBody ? WEBSOCKET : 'invalid'
}
