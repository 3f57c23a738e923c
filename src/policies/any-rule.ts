import { type Facts, tokenOf } from '../exchange/exchange.ts'
import type { RuleVerdict } from './identification-rule.ts'
import { type Decision, PROCEED } from './policy.ts'

/** What happens where no rule let the caller through. */
export interface Otherwise {
  readonly allowAnonymous: boolean
  /** The refusal of a caller that presents nothing. */
  readonly missing: Decision
  /** False where all rules go by address or certificate: there is nothing that the caller could have presented. */
  readonly canPresent: boolean
}

type Passed = Extract<RuleVerdict, { kind: 'passed' }>
type Ineligible = Extract<RuleVerdict, { kind: 'ineligible' }>

/** Tells the refusal among verdicts that stands whatever the condition says; undefined where there is none. */
export function findRefusal(verdict: RuleVerdict, hasPassed: boolean): Decision | undefined {
  if (verdict.kind !== 'refused' || (hasPassed && !verdict.whatever)) return undefined
  return { kind: 'deny', denial: verdict.denial }
}

/**
 * Decides `condition: or`: the first rule in file order that passed decides who the caller is. Where none did, a valid credential without
 * an eligible application is 403, nothing presented is 401, and `allow_anonymous` lets both through.
 */
export function decideAny(verdicts: readonly RuleVerdict[], otherwise: Otherwise): Decision {
  const winner = verdicts.find(verdict => verdict.kind === 'passed')
  if (winner !== undefined) return withToken(winner, verdicts)
  const ineligible = verdicts.filter(verdict => verdict.kind === 'ineligible')
  if (otherwise.allowAnonymous) return letAnonymousThrough(ineligible)
  const named = ineligible.find(verdict => verdict.presented || !otherwise.canPresent)
  return named === undefined ? otherwise.missing : { kind: 'deny', denial: named.denial }
}

/** Lets a caller through without an application; what a valid token says stays known. */
export function letAnonymousThrough(ineligible: readonly Ineligible[]): Decision {
  const facts = ineligible.find(verdict => tokenOf(verdict.facts) !== undefined)?.facts
  return facts === undefined ? PROCEED : { kind: 'proceed', facts }
}

/** Adds a verified token that another rule found, unless it speaks of another application: claims and application stay one caller's. */
function withToken(winner: Passed, verdicts: readonly RuleVerdict[]): Decision {
  if (tokenOf(winner.facts) !== undefined || verdicts.length === 1) return winner.decision
  const other = verdicts.find(verdict => verdict.kind === 'passed' && tokenOf(verdict.facts) !== undefined)
  if (other?.kind !== 'passed' || !isOneCaller(winner.facts, other.facts)) return winner.decision
  const { jwt, introspected } = other.facts
  const token: Facts = jwt === undefined ? { ...(introspected !== undefined && { introspected }) } : { jwt }
  return { kind: 'proceed', facts: { ...winner.facts, ...token } }
}

function isOneCaller(a: Facts, b: Facts): boolean {
  return b.application === undefined || a.application === undefined || a.application.id === b.application.id
}
