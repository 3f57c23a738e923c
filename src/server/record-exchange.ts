import type { Clock } from '../clock/clock.ts'
import { entryOf } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import { tokenOf } from '../exchange/exchange.ts'
import type { AccessLog } from '../log/access-log.ts'
import type { Counters } from '../metrics/counters.ts'
import type { Caller } from './caller.ts'
import type { Conclusion } from './conclude-exchange.ts'
import type { ServedExchange } from './served-exchange.ts'

export interface RecordParts {
  readonly clock: Clock
  readonly counters: Counters
  /** The log in force; a reload may change its format. */
  readonly accessLog: () => AccessLog
}

/** Counts an exchange and writes its access record. */
export type RecordExchange = (served: ServedExchange, conclusion: Conclusion) => void

/** Counts and records bytes that never became a request. */
export type RecordBadRequest = (denial: Denial, caller: Caller, requestId: string, nowMs: number) => void

/** Creates the one place where an exchange ends. */
export function createRecorder({ clock, counters, accessLog }: RecordParts): RecordExchange {
  return (served, { status, denial }) => {
    const { head, route, exchange, reply, allowedAt } = served
    const durationMs = clock.monotonic() - served.startedAt
    const facts = exchange?.facts
    if (denial?.code === 'internal.defect') counters.defects += 1
    const allowed = allowedAt !== undefined && !isRefusal(denial)
    const scheme = head?.scheme ?? (served.connection.peer.tls ? 'https' : 'http')
    counters.count(route?.counters ?? counters.unrouted, {
      method: head?.method ?? '',
      scheme,
      httpVersion: served.incoming.httpVersion,
      status,
      code: denial?.code,
      durationMs,
      allowed,
      authServer: facts === undefined ? undefined : tokenOf(facts)?.authServer,
      application: facts?.application?.id,
    })
    const log = accessLog()
    if (!log.enabled) return
    log.write({
      atMs: served.nowMs,
      requestId: served.id,
      clientAddress: head?.clientAddress ?? served.connection.peer.address,
      method: head?.method ?? served.incoming.method,
      path: head?.path,
      scheme,
      httpVersion: served.incoming.httpVersion,
      status,
      code: denial?.code,
      allowed,
      api: route?.identity.api,
      apiVersion: route?.identity.version,
      route: route?.identity.template,
      application: facts?.application?.id,
      authServer: facts === undefined ? undefined : tokenOf(facts)?.authServer,
      user: facts?.user,
      durationMs,
      policiesMs: exchange === undefined ? undefined : (allowedAt ?? clock.monotonic()) - served.startedAt,
      upstreamMs: allowedAt === undefined || reply.headAt === undefined ? undefined : reply.headAt - allowedAt,
      requestBytes: reply.requestBytes,
      responseBytes: reply.bodyBytes,
      userAgent: head?.fields.first('user-agent'),
      facts: denial?.facts,
      cause: denial?.cause,
    })
  }
}

/**
 * A target of the gateway's own judges callers, too: a refused password is no pass. Who leaves, or whose stream ends with its
 * token, was not refused: those codes have no status.
 */
function isRefusal(denial: Denial | undefined): boolean {
  if (denial === undefined) return false
  const { side, status } = entryOf(denial.code)
  return side === 'caller' && status !== 0
}

/** Creates the recorder of what could not be read: nothing is known but the peer. */
export function createBadRequestRecorder({ counters, accessLog }: Omit<RecordParts, 'clock'>): RecordBadRequest {
  return (denial, { peer, httpVersion }, requestId, nowMs) => {
    const scheme = peer.tls ? 'https' : 'http'
    const { status } = entryOf(denial.code)
    const nobody = { authServer: undefined, application: undefined }
    const counted = {
      method: '',
      scheme,
      httpVersion,
      status,
      code: denial.code,
      durationMs: 0,
      allowed: false,
    } as const
    counters.count(counters.unrouted, { ...counted, ...nobody })
    const log = accessLog()
    if (!log.enabled) return
    log.write({
      ...counted,
      ...nobody,
      atMs: nowMs,
      requestId,
      clientAddress: peer.address,
      method: undefined,
      path: undefined,
      api: undefined,
      apiVersion: undefined,
      route: undefined,
      user: undefined,
      policiesMs: undefined,
      upstreamMs: undefined,
      requestBytes: 0,
      responseBytes: 0,
      userAgent: undefined,
      facts: denial.facts,
      cause: denial.cause,
    })
  }
}
