import type { Denial } from '../errors/denial.ts'
import { ABSENT, type IdentificationRule, refuse } from './identification-rule.ts'

const NOT_BUILT: Denial = {
  code: 'keys.unavailable',
  facts: { rule: 'oauth2', reason: 'introspection is not built yet' },
}

/**
 * Stands for the rule `oauth2` until introspection is built: it never passes. Where a `jwt` rule stands beside it, that one judges every bearer
 * token; where none does, a bearer token cannot be judged at all, and what cannot be decided is refused as our own lack.
 */
export function compileOauth2Rule(hasJwtRule: boolean): IdentificationRule {
  const refusal = refuse(NOT_BUILT)
  return {
    kind: 'oauth2',
    scheme: 'Bearer',
    evaluate: ({ bearer }) => (hasJwtRule || bearer === undefined ? ABSENT : refusal),
  }
}

/** Stands for the rule `client_certificate` until it is built: no connection has a certificate that counts. */
export function compileClientCertificateRule(): IdentificationRule {
  return { kind: 'client_certificate', scheme: undefined, evaluate: () => ABSENT }
}
