import type { ErrorCode } from '../errors/catalogue.ts'

/** Methods whose effect is the same however often a request arrives (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Failures to get a connection: nothing of the request was sent. Our own lack of sockets is not among them. */
const NOT_CONNECTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream.unreachable',
  'upstream.tls_failed',
  'upstream.connect_timeout',
  'upstream.reset',
  'upstream.overloaded',
  'gateway.stopping',
])

/** Failures without a byte of an answer. */
const NOT_ANSWERED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['upstream.reset', 'upstream.response_timeout'])

/** Failures that the same target would repeat: they took their whole time, or it has too many requests. */
const ONLY_ELSEWHERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream.connect_timeout',
  'upstream.response_timeout',
  'upstream.overloaded',
])

/** Failures that say something about the target, as opposed to the caller or the gateway. */
const OF_THE_TARGET: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream.unreachable',
  'upstream.tls_failed',
  'upstream.reset',
  'upstream.protocol',
  'upstream.connect_timeout',
  'upstream.response_timeout',
])

/** A request that failed, and how far it had come. */
export interface FailedAttempt {
  readonly method: string
  readonly hasBody: boolean
  readonly isUpgrade: boolean
  /** Whether it was being written to a connection. */
  readonly connected: boolean
  /** Whether a byte of an answer came. */
  readonly answering: boolean
}

/**
 * Says whether a request may be sent a second time: nothing of it was sent, or sending it twice does no harm (RFC 9110 section
 * 9.2.2, RFC 9112 section 9.3.1) and nothing was answered. A body is read once, so it is never sent twice.
 */
export function mayRepeat(attempt: FailedAttempt, code: ErrorCode): boolean {
  if (!attempt.connected) return NOT_CONNECTED.has(code)
  if (attempt.answering || attempt.hasBody || attempt.isUpgrade) return false
  return IDEMPOTENT.has(attempt.method) && NOT_ANSWERED.has(code)
}

/** Tells whether a second attempt is of use only at another target. */
export function needsAnotherPlace(code: ErrorCode): boolean {
  return ONLY_ELSEWHERE.has(code)
}

/** Tells whether a failure counts against its target. */
export function isOfTheTarget(code: ErrorCode): boolean {
  return OF_THE_TARGET.has(code)
}

/** Tells whether the status of an answer counts against its target: a gateway or server that says it cannot serve. */
export function isFailureStatus(status: number): boolean {
  return status >= 502 && status <= 504
}
