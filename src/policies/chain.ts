import type { Denial } from '../errors/denial.ts'
import type { Exchange, Facts } from '../exchange/exchange.ts'
import type { Decision, Policy } from './policy.ts'

/** What an exchange knows before any policy ran; shared, so that open routes allocate nothing. */
export const NO_FACTS: Facts = Object.freeze({})

/**
 * Runs a route's policies in order and is the only writer of an exchange's facts and edits.
 * Stops at the first refusal. Answers at once where no policy has to wait; a promise otherwise.
 *
 * @returns the denial, or undefined when every policy said yes. An exception of a policy passes through: it is a defect, and
 * the caller of this function ends the exchange with 500.
 */
export function runChain(
  policies: readonly Policy[],
  exchange: Exchange,
): Denial | undefined | Promise<Denial | undefined> {
  for (let i = 0; i < policies.length; i++) {
    const decision = (policies[i] as Policy).evaluate(exchange)
    if (decision instanceof Promise) return finishChain(policies, i, decision, exchange)
    if (decision.kind === 'deny') return decision.denial
    apply(decision, exchange)
  }
  return undefined
}

async function finishChain(
  policies: readonly Policy[],
  from: number,
  pending: Promise<Decision>,
  exchange: Exchange,
): Promise<Denial | undefined> {
  let decision = await pending
  for (let next = from + 1; ; next++) {
    if (decision.kind === 'deny') return decision.denial
    apply(decision, exchange)
    if (next >= policies.length) return undefined
    const following = (policies[next] as Policy).evaluate(exchange)
    decision = following instanceof Promise ? await following : following
  }
}

function apply(decision: Extract<Decision, { kind: 'proceed' }>, exchange: Exchange): void {
  if (decision.facts !== undefined) {
    exchange.facts = exchange.facts === NO_FACTS ? decision.facts : { ...exchange.facts, ...decision.facts }
  }
  if (decision.edits !== undefined && decision.edits.length > 0) {
    exchange.edits = exchange.edits.length === 0 ? decision.edits : [...exchange.edits, ...decision.edits]
  }
}
