import type { Clock } from '../clock/clock.ts'
import { entryOf } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import { type Exchange, tokenOf } from '../exchange/exchange.ts'
import { NO_FACTS, runChain } from '../policies/chain.ts'
import type { SnapshotHolder } from '../snapshot/holder.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { findRoute } from './find-route.ts'
import type { ServedExchange } from './served-exchange.ts'

/** What the settings in force say of a stream that older ones, or an earlier moment, let begin. */
export type Judgement =
  /** `expiresAtMs`: when its token expires, skew included; Infinity without one. */
  | { readonly kind: 'stands'; readonly expiresAtMs: number }
  | { readonly kind: 'ends'; readonly denial: Denial }
  /** Our own outage: nobody is cut for it. */
  | { readonly kind: 'undecided' }

/** Judges the request of a stream as if it came now. Answers at once where no policy has to wait. May throw, or reject: a defect. */
export type JudgeAgain = (served: ServedExchange) => Judgement | Promise<Judgement>

const UNDECIDED: Judgement = Object.freeze({ kind: 'undecided' })
const NO_EDITS: Exchange['edits'] = Object.freeze([])

/** Creates what judges streams again. The snapshot in force is leased until a verdict is there, so that its keys do not go meanwhile. */
export function createJudgeAgain(holder: SnapshotHolder, clock: Clock): JudgeAgain {
  return served => {
    const lease = holder.lease()
    let judgement: Judgement | Promise<Judgement> | undefined
    try {
      judgement = judge(served, lease.snapshot, clock.now())
    } finally {
      if (!(judgement instanceof Promise)) lease.release()
    }
    return judgement instanceof Promise ? judgement.finally(() => lease.release()) : judgement
  }
}

function judge(served: ServedExchange, snapshot: Snapshot, nowMs: number): Judgement | Promise<Judgement> {
  const { id, head } = served
  if (head === undefined) return UNDECIDED
  const found = findRoute(head, snapshot)
  if (found.kind === 'none') return conclude(found.denial, undefined)
  const { identity, policies } = found.value
  const { parameters } = found
  const exchange: Exchange = {
    id,
    head,
    body: undefined,
    route: identity,
    parameters,
    nowMs,
    facts: NO_FACTS,
    edits: NO_EDITS,
  }
  const denial = runChain(policies, exchange)
  return denial instanceof Promise ? denial.then(late => conclude(late, exchange)) : conclude(denial, exchange)
}

function conclude(denial: Denial | undefined, exchange: Exchange | undefined): Judgement {
  if (denial === undefined) {
    return {
      kind: 'stands',
      expiresAtMs: tokenOf(exchange?.facts ?? NO_FACTS)?.expiresAtMs ?? Number.POSITIVE_INFINITY,
    }
  }
  if (entryOf(denial.code).side !== 'caller') return UNDECIDED
  if (denial.code === 'token.expired') return { kind: 'ends', denial: { code: 'stream.expired' } }
  return { kind: 'ends', denial: { code: 'stream.revoked', facts: { ...denial.facts, code: denial.code } } }
}
