import type { Result } from '../errors/denial.ts'
import type { IdentificationRuleSettings } from '../settings/model.ts'
import {
  ABSENT,
  type IdentificationRule,
  pass,
  type RuleVerdict,
  refuse,
  toEligibility,
  toVerdict,
} from './identification-rule.ts'
import type { PolicyParts } from './policy-parts.ts'

/**
 * Compiles the rule `http_basic`: user name and password of a configured user; the application is the one that lists the user.
 * A wrong password refuses; too many checks at a time are our own lack (503).
 */
export function compileHttpBasicRule(
  { applications: lookup }: Extract<IdentificationRuleSettings, { kind: 'http_basic' }>,
  { registry, passwordChecker, api }: PolicyParts,
): IdentificationRule {
  const isEligible = toEligibility(lookup, api.name)

  const judge = (checked: Result<string>): RuleVerdict => {
    if (!checked.ok) return refuse(checked.error)
    const facts = { user: checked.value }
    if (lookup === 'none') return pass('http_basic', facts)
    const found = registry.identifyByUser(checked.value, isEligible)
    return toVerdict(found, { kind: 'http_basic', lookup, presented: true, facts })
  }

  return {
    kind: 'http_basic',
    scheme: 'Basic',
    evaluate({ basic }, { head }) {
      if (basic === undefined) return ABSENT
      const checked = passwordChecker.check(basic.user, basic.password, head.clientAddress)
      return checked instanceof Promise ? checked.then(judge) : judge(checked)
    },
  }
}
