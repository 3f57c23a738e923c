import type { IdentificationRuleSettings } from '../settings/model.ts'
import {
  ABSENT,
  type IdentificationRule,
  pass,
  type RuleContext,
  toEligibility,
  toVerdict,
} from './identification-rule.ts'
import type { PolicyParts } from './policy-parts.ts'

const NO_FACTS = Object.freeze({})

/**
 * Compiles the rule `client_certificate` (product.md 3): the certificate of the caller's own connection, verified by the handshake, belongs to exactly one
 * eligible application. No certificate, or one that was not verified, is absent. HTTP has no challenge for one, so where nothing else could
 * have been presented the caller is not allowed (403) rather than asked (401).
 */
export function compileClientCertificateRule(
  { applications: lookup }: Extract<IdentificationRuleSettings, { kind: 'client_certificate' }>,
  { registry, api }: Pick<PolicyParts, 'registry' | 'api'>,
): IdentificationRule {
  const isEligible = toEligibility(lookup, api.name)
  const context: RuleContext = { kind: 'client_certificate', lookup, presented: true, facts: NO_FACTS }
  const passed = pass('client_certificate', NO_FACTS)
  return {
    kind: 'client_certificate',
    scheme: undefined,
    evaluate(_presented, { head: { peer } }) {
      const { certificate } = peer
      if (certificate === undefined) return ABSENT
      return lookup === 'none' ? passed : toVerdict(registry.identifyByCertificate(certificate, isEligible), context)
    },
  }
}
