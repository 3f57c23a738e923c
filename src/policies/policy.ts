import type { Denial } from '../errors/denial.ts'
import type { Edit, Exchange, Facts } from '../exchange/exchange.ts'

/** Fixed order of a request's policies; the list in the file orders within a stage. */
export const STAGES = ['transport', 'identifyAndAccess', 'requestProcessing', 'routing'] as const
export type Stage = (typeof STAGES)[number]

export type Decision =
  | { readonly kind: 'proceed'; readonly facts?: Facts; readonly edits?: readonly Edit[] }
  | { readonly kind: 'deny'; readonly denial: Denial }

/** The decision that changes nothing; shared, so that the common case allocates nothing. */
export const PROCEED: Decision = Object.freeze({ kind: 'proceed' })

/**
 * One compiled policy of a route. It reads the exchange and returns what it found: only the chain writes.
 * A policy that throws is a defect: 500, and nothing goes upstream.
 */
export interface Policy {
  readonly name: string
  readonly stage: Stage
  /** Answers at once where nothing has to be waited for; the chain checks and does not always await. */
  evaluate(exchange: Exchange): Decision | Promise<Decision>
}
