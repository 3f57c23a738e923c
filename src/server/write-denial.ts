import { entryOf } from '../errors/catalogue.ts'
import { type ChallengeContext, challengesFor } from '../errors/challenge.ts'
import type { Denial } from '../errors/denial.ts'
import { EXCEPTION_TYPE, type ExceptionContext, toException } from '../errors/exception.ts'
import { PROBLEM_TYPE, type ProblemContext, toProblem } from '../errors/problem.ts'
import type { ServerReply } from './node-reply.ts'

/** What the answer to a denial is made from, besides the denial. */
export interface DenialContext extends ChallengeContext, ExceptionContext, ProblemContext {
  /** `faults.format`. */
  readonly format: 'problem' | 'exception'
}

/** A denial as an answer. */
export interface RenderedDenial {
  /** 0 where no answer can be sent. */
  readonly status: number
  /** Name, value, name, value, … */
  readonly fields: readonly string[]
  readonly body: string
  readonly close: boolean
}

/** `Retry-After` of a retryable denial that names no time, in seconds. */
const RETRY_AFTER_SECONDS = 5

/** Turns a denial into status, fields and body: challenge, `Allow`, `Retry-After` and request id among them. */
export function renderDenial(denial: Denial, context: DenialContext): RenderedDenial {
  const entry = entryOf(denial.code)
  const isProblem = context.format === 'problem'
  const fields = ['content-type', isProblem ? PROBLEM_TYPE : EXCEPTION_TYPE]
  fields.push('cache-control', 'no-store', 'x-request-id', context.requestId)
  for (const challenge of challengesFor(denial, context)) fields.push('www-authenticate', challenge)
  if (denial.dpopNonce !== undefined) fields.push('dpop-nonce', denial.dpopNonce)
  if (entry.status === 405) fields.push('allow', (denial.allow ?? []).join(', '))
  if (entry.retryable === true || denial.retryAfterSeconds !== undefined) {
    fields.push('retry-after', String(Math.max(1, Math.ceil(denial.retryAfterSeconds ?? RETRY_AFTER_SECONDS))))
  }
  const body = isProblem ? toProblem(denial, context) : toException(denial, context)
  return { status: entry.status, fields, body, close: entry.close === true }
}

/**
 * Answers a denial. Where the head of another answer is out, or the code has no answer, the connection is cut: a cut answer must
 * look cut (RFC 9112 section 8).
 */
export function writeDenial(reply: ServerReply, denial: Denial, context: DenialContext): void {
  const answer = renderDenial(denial, context)
  if (reply.headSent || answer.status === 0) {
    reply.cut()
    return
  }
  if (answer.close) reply.closeAfter()
  reply.send(answer.status, answer.fields, answer.body)
}
