import { entryOf, publicCodeOf } from './catalogue.ts'
import type { Denial } from './denial.ts'
import { statusPhrase } from './status-phrase.ts'

/** Media type of `toProblem` (RFC 9457 section 3). */
export const PROBLEM_TYPE = 'application/problem+json'

export interface ProblemContext {
  /** Request id, a UUID. */
  readonly requestId: string
  /** URI that the public code is appended to for `type`; without it the type is `about:blank`. */
  readonly typeBase?: string
}

/**
 * Renders a denial as a problem document (RFC 9457), in JSON. The caller learns the public code and fixed sentences: no facts, no
 * cause, no name of a key, issuer, file or upstream. With `about:blank` the title is the phrase of the status (section 4.2.1).
 */
export function toProblem(denial: Denial, context: ProblemContext): string {
  const { status, title } = entryOf(denial.code)
  const code = publicCodeOf(denial.code)
  const isBlank = context.typeBase === undefined
  return JSON.stringify({
    type: isBlank ? 'about:blank' : `${context.typeBase}${code}`,
    title: isBlank ? statusPhrase(status) : title,
    status,
    detail: denial.detail ?? (isBlank ? `${title}.` : undefined),
    instance: `urn:uuid:${context.requestId}`,
    code,
  })
}
