import type { Application } from '../applications/application.ts'
import type { Denial } from '../errors/denial.ts'
import type { IdentificationRuleSettings } from '../settings/model.ts'
import {
  ABSENT,
  type IdentificationRule,
  type RuleContext,
  type RuleVerdict,
  refuse,
  toEligibility,
  toVerdict,
} from './identification-rule.ts'
import type { PolicyParts } from './policy-parts.ts'

const NO_FACTS = Object.freeze({})
const SEVERAL: Denial = { code: 'credentials.multiple', facts: { rule: 'api_key' }, scheme: 'ApiKey' }
const UNKNOWN: Denial = { code: 'credentials.invalid', facts: { rule: 'api_key' }, scheme: 'ApiKey' }

/**
 * Compiles the rule `api_key`: one line of the named field (`x-gateway-apikey` by default) holds the key of an application.
 * Several lines are refused, and so is a key that nobody has.
 */
export function compileApiKeyRule(
  { header, applications: lookup }: Extract<IdentificationRuleSettings, { kind: 'api_key' }>,
  { registry, api }: PolicyParts,
): IdentificationRule {
  const isEligible = toEligibility(lookup, api.name)
  const context: RuleContext = { kind: 'api_key', lookup, presented: true, facts: NO_FACTS }
  const passed = new WeakMap<Application, RuleVerdict>()

  return {
    kind: 'api_key',
    scheme: 'ApiKey',
    evaluate(_presented, { head: { fields } }) {
      const apiKey = fields.first(header)
      if (apiKey === undefined) return ABSENT
      if (fields.count(header) > 1) return refuse(SEVERAL)
      const found = registry.identifyByApiKey(apiKey, isEligible)
      if (found === undefined) return refuse(UNKNOWN)
      if (found.kind !== 'identified') return toVerdict(found, context)
      let verdict = passed.get(found.application)
      if (verdict === undefined) {
        verdict = toVerdict(found, context)
        passed.set(found.application, verdict)
      }
      return verdict
    },
  }
}
