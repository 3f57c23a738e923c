import type { Denial } from '../errors/denial.ts'
import type { Caller } from './caller.ts'
import type { RecordBadRequest } from './record-exchange.ts'
import { type RenderedDenial, renderDenial } from './write-denial.ts'

/** What the answer to bytes that are no request is made from. */
export interface BadRequestParts {
  readonly newId: () => string
  readonly nowMs: () => number
  /** `faults.format` and the gateway's name, as they are now. */
  readonly presentation: () => { readonly format: 'problem' | 'exception'; readonly realm: string }
  readonly record: RecordBadRequest
}

/** Renders the answer to bytes that never became a request, and records it: they have their line in the access log as well. */
export function refuseBadRequest(denial: Denial, caller: Caller, parts: BadRequestParts): RenderedDenial {
  const requestId = parts.newId()
  const nowMs = parts.nowMs()
  const { format, realm } = parts.presentation()
  parts.record(denial, caller, requestId, nowMs)
  return renderDenial(denial, {
    format,
    realm,
    requestId,
    schemes: [],
    service: undefined,
    operation: '',
    nowMs,
    clientAddress: caller.peer.address,
    user: undefined,
    application: undefined,
  })
}
