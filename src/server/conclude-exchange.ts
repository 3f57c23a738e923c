import { entryOf } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import type { Outcome } from '../exchange/exchange.ts'
import type { ServedExchange } from './served-exchange.ts'
import { type DenialContext, writeDenial } from './write-denial.ts'

/** Status that the log gives to a caller who left before the answer (there is no such HTTP status). */
const CLIENT_CLOSED_REQUEST = 499

/** How an exchange ended, for the log and the counters. */
export interface Conclusion {
  readonly status: number
  readonly denial: Denial | undefined
}

/** Turns the outcome into the answer that is still owed, if any, and says how the exchange ended. */
export function concludeExchange(served: ServedExchange, outcome: Outcome): Conclusion {
  const { reply } = served
  const ended = served.stream?.ended
  if (ended !== undefined) return { status: reply.status, denial: ended }
  switch (outcome.kind) {
    case 'replied':
      return { status: outcome.status, denial: undefined }
    case 'broken':
      return { status: outcome.afterStatus, denial: outcome.denial }
    case 'denied':
      return refuse(served, outcome.denial)
    case 'abandoned': {
      const fault = reply.bodyFault
      if (fault !== undefined && !reply.headSent) return refuse(served, fault)
      return { status: reply.headSent ? reply.status : CLIENT_CLOSED_REQUEST, denial: fault ?? { code: 'caller.gone' } }
    }
  }
}

function refuse(served: ServedExchange, denial: Denial): Conclusion {
  const { reply } = served
  // Where another answer's head is out, the code of the denial is for the log and the connection is cut.
  const status = reply.headSent ? reply.status : entryOf(denial.code).status
  writeDenial(reply, denial, toContext(served))
  return { status, denial }
}

function toContext({ lease, head, route, exchange, id, nowMs, connection }: ServedExchange): DenialContext {
  const { settings } = lease.snapshot
  const { api, basePath } = route?.identity ?? { api: undefined, basePath: '' }
  const path = head?.path ?? ''
  return {
    format: settings.faults.format,
    realm: api ?? settings.name,
    schemes: route?.schemes ?? [],
    requestId: id,
    service: api,
    operation: path.startsWith(basePath) ? path.slice(basePath === '/' ? 0 : basePath.length) : path,
    nowMs,
    clientAddress: head?.clientAddress ?? connection.peer.address,
    user: exchange?.facts.user,
    application: exchange?.facts.application?.name,
  }
}
