import type { IdentificationRuleSettings } from '../settings/model.ts'
import { type IdentificationRule, type RuleContext, toEligibility, toVerdict } from './identification-rule.ts'
import type { PolicyParts } from './policy-parts.ts'

const NO_FACTS = Object.freeze({})

/** Compiles the rule `ip_range`: the client's address (behind trusted proxies) lies in a range of exactly one eligible application. */
export function compileIpRangeRule(
  { applications: lookup }: Extract<IdentificationRuleSettings, { kind: 'ip_range' }>,
  { registry, api }: PolicyParts,
): IdentificationRule {
  const isEligible = toEligibility(lookup, api.name)
  const context: RuleContext = { kind: 'ip_range', lookup, presented: false, facts: NO_FACTS }
  return {
    kind: 'ip_range',
    scheme: undefined,
    evaluate: (_presented, { head }) => toVerdict(registry.identifyByAddress(head.clientAddress, isEligible), context),
  }
}
