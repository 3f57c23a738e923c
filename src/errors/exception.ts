import { entryOf } from './catalogue.ts'
import type { Denial } from './denial.ts'

/** Media type of `toException`. */
export const EXCEPTION_TYPE = 'application/json'

/** What the product's sentence tells about the request. */
export interface ExceptionContext {
  /** Name of the API; undefined where none matched. */
  readonly service: string | undefined
  /** Path of the request below the base path. */
  readonly operation: string
  /** Milliseconds since the epoch; written in UTC. */
  readonly nowMs: number
  readonly clientAddress: string
  /** User name of a successful Basic check. */
  readonly user: string | undefined
  /** Name of the application that was identified. */
  readonly application: string | undefined
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** What the product says for every failure to identify the caller. */
const UNAUTHORIZED = 'Unauthorized application request'
/** Longest piece of the caller's own text in the sentence. */
const MAX_OPERATION = 256

/**
 * Renders a denial as the product does (webmethods.md 3.9): JSON with one member `Exception`, a sentence about the request. It
 * tells no more than the problem document does: refused credentials all read alike.
 */
export function toException(denial: Denial, context: ExceptionContext): string {
  const { title, challenge, status } = entryOf(denial.code)
  const isIdentification = status === 401 || challenge !== undefined || denial.code.startsWith('application.')
  const message = isIdentification ? UNAUTHORIZED : (denial.detail ?? title).replace(/\.$/, '')
  const sentence =
    `API Gateway encountered an error. Error Message: ${message}. ` +
    `Request Details: Service - ${context.service ?? ''}, Operation - ${context.operation.slice(0, MAX_OPERATION)}, ` +
    `Invocation Time:${timeOf(context.nowMs)}, Date:${dateOf(context.nowMs)}, Client IP - ${context.clientAddress}, ` +
    `User - ${context.user ?? 'Default'} and Application:${context.application ?? 'sys:defaultApplication'}`
  return JSON.stringify({ Exception: sentence })
}

/** `9:04:56 AM`. */
function timeOf(nowMs: number): string {
  const date = new Date(nowMs)
  const hours = date.getUTCHours()
  const two = (value: number) => String(value).padStart(2, '0')
  return `${hours % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${hours < 12 ? 'AM' : 'PM'}`
}

/** `Aug 11, 2017`. */
function dateOf(nowMs: number): string {
  const date = new Date(nowMs)
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}`
}
