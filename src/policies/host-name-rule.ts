import type { IdentificationRuleSettings } from '../settings/model.ts'
import { type IdentificationRule, type RuleContext, toEligibility, toVerdict } from './identification-rule.ts'
import type { PolicyParts } from './policy-parts.ts'

const NO_FACTS = Object.freeze({})

/**
 * Compiles the rule `host_name`: the client's address is one of those that an application's host names resolve to.
 * The Host field and reverse look-ups play no part (product.md 4).
 */
export function compileHostNameRule(
  { applications: lookup }: Extract<IdentificationRuleSettings, { kind: 'host_name' }>,
  { registry, api }: PolicyParts,
): IdentificationRule {
  const isEligible = toEligibility(lookup, api.name)
  const context: RuleContext = { kind: 'host_name', lookup, presented: false, facts: NO_FACTS }
  return {
    kind: 'host_name',
    scheme: undefined,
    evaluate: (_presented, { head }) => toVerdict(registry.identifyByHostName(head.clientAddress, isEligible), context),
  }
}
