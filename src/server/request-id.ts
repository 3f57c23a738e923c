import { randomUUID } from 'node:crypto'
import type { AddressSet } from '../message/address.ts'
import type { Caller } from './caller.ts'
import type { ArrivedRequest } from './read-head.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Takes the request id of a trusted proxy (`X-Request-Id`, a UUID), so that one id leads through both logs; makes a new one for
 * everybody else: a caller must not choose what the log says.
 */
export function readRequestId(
  { rawHeaders: lines }: Pick<ArrivedRequest, 'rawHeaders'>,
  caller: Caller,
  trustedProxies: AddressSet,
): string {
  if (caller.isFrom(trustedProxies)) {
    for (let i = 0; i + 1 < lines.length; i += 2) {
      if (lines[i]?.toLowerCase() !== 'x-request-id') continue
      const id = lines[i + 1]?.toLowerCase() ?? ''
      return UUID.test(id) ? id : randomUUID()
    }
  }
  return randomUUID()
}
