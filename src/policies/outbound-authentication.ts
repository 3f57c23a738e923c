import { isBasicAuthorization } from '../credentials/authorization.ts'
import type { Edit } from '../exchange/exchange.ts'
import type { IdentificationRuleSettings } from '../settings/model.ts'
import { type Decision, type Policy, PROCEED } from './policy.ts'

export interface OutboundAuthenticationSettings {
  /** `incoming`: the caller's bearer token goes upstream. */
  readonly mode: 'incoming' | 'strip'
  readonly rules: readonly IdentificationRuleSettings[]
}

/**
 * Compiles what happens to the caller's credentials on their way upstream (product.md 6): the bearer token is passed on or stripped;
 * the fields of API key rules and Basic credentials were meant for this gateway and are always removed.
 */
export function compileOutboundAuthentication({ mode, rules }: OutboundAuthenticationSettings): Policy {
  const headers = new Set(rules.flatMap(rule => (rule.kind === 'api_key' ? rule.header.toLowerCase() : [])))
  const consumed = [...headers].map((name): Edit => ({ remove: name }))
  const all: readonly Edit[] = Object.freeze([...consumed, { remove: 'authorization' }])
  const withToken: Decision =
    consumed.length === 0 ? PROCEED : Object.freeze({ kind: 'proceed', edits: Object.freeze(consumed) })
  const withoutToken: Decision = Object.freeze({ kind: 'proceed', edits: all })

  return {
    name: 'outbound_authentication',
    stage: 'routing',
    evaluate({ head: { fields } }) {
      if (mode === 'strip') return withoutToken
      const authorization = fields.first('authorization')
      return authorization !== undefined && isBasicAuthorization(authorization) ? withoutToken : withToken
    },
  }
}
