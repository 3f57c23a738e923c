import type { IncomingMessage } from 'node:http'
import { Fields } from '../message/fields.ts'
import { trimSpace } from '../message/forwarded-field.ts'
import type { Connection } from './connection.ts'
import { type FieldScan, listHas, scanFields } from './field-scan.ts'

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

/** A WebSocket request that nothing else is under way before: an upgrade must not overtake the answers that are owed. */
export function isUpgradeOn(connection: Connection, incoming: IncomingMessage): boolean {
  if (connection.isClosing || connection.pending > 0) return false
  const scan = scanFields(new Fields(incoming.rawHeaders))
  return judgeUpgrade(incoming.method ?? '', incoming.httpVersion, scan) === WEBSOCKET
}
