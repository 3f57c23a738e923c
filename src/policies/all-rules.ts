import type { Facts } from '../exchange/exchange.ts'
import { letAnonymousThrough, type Otherwise } from './any-rule.ts'
import type { IdentificationRule, RuleVerdict } from './identification-rule.ts'
import type { Decision } from './policy.ts'

const NOT_IDENTIFIED: Decision = {
  kind: 'deny',
  denial: { code: 'application.unidentified', facts: { condition: 'and' } },
}

/**
 * Decides `condition: and`: every rule must pass, and all must name the same application (403 otherwise). A rule with `applications: none` names
 * nobody and so agrees with any. `allow_anonymous` helps only a caller whom no rule let pass.
 *
 * @param verdicts one for each rule, in the order of the rules
 */
export function decideAll(
  rules: readonly IdentificationRule[],
  verdicts: readonly RuleVerdict[],
  otherwise: Otherwise,
): Decision {
  const passed = verdicts.filter(verdict => verdict.kind === 'passed')
  if (passed.length > 0 && passed.length === rules.length) return joinFacts(passed.map(verdict => verdict.facts))
  if (otherwise.allowAnonymous && passed.length === 0) {
    return letAnonymousThrough(verdicts.filter(verdict => verdict.kind === 'ineligible'))
  }
  for (const [position, verdict] of verdicts.entries()) {
    if (verdict.kind === 'ineligible') return { kind: 'deny', denial: verdict.denial }
    // Without a scheme there is nothing that the caller could present.
    if (verdict.kind === 'absent') return rules[position]?.scheme === undefined ? NOT_IDENTIFIED : otherwise.missing
  }
  return NOT_IDENTIFIED
}

function joinFacts(all: readonly Facts[]): Decision {
  const applications = all.flatMap(facts => facts.application ?? [])
  const [application] = applications
  const other = applications.find(candidate => candidate.id !== application?.id)
  if (application !== undefined && other !== undefined) {
    const facts = { applications: `${application.id} ${other.id}` }
    return { kind: 'deny', denial: { code: 'application.mismatch', facts } }
  }
  const facts: Facts = Object.assign({}, ...all, { identifiedBy: all.flatMap(each => each.identifiedBy ?? []) })
  return { kind: 'proceed', facts }
}
