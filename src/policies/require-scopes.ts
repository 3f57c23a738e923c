import { isDpopAuthorization } from '../credentials/authorization.ts'
import type { Denial } from '../errors/denial.ts'
import { tokenOf } from '../exchange/exchange.ts'
import type { RequireScopesSettings } from '../settings/model.ts'
import type { AcceptedToken } from '../tokens/accepted-token.ts'
import { scopesOf } from '../tokens/claims.ts'
import { type Decision, type Policy, PROCEED } from './policy.ts'

/**
 * Compiles `require_scopes`, or a scope mapping: the token's `scope` and `scp` together must hold any or all of these.
 * No token is 403, as a token with too little is (product.md 4, step 8).
 */
export function compileRequireScopes({ mode, scopes }: RequireScopesSettings): Policy {
  const denial: Denial = Object.freeze({
    code: 'scope.insufficient',
    scope: scopes.join(' '),
    facts: { mode, scopes: scopes.join(' ') },
  })
  const refused: Decision = Object.freeze({ kind: 'deny', denial })
  const refusedDpop: Decision = { kind: 'deny', denial: { ...denial, scheme: 'DPoP' } }
  const verdicts = new WeakMap<AcceptedToken, Decision>()

  const judge = (token: AcceptedToken): Decision => {
    const granted = new Set(scopesOf(token.claims))
    const isEnough =
      mode === 'any' ? scopes.some(scope => granted.has(scope)) : scopes.every(scope => granted.has(scope))
    return isEnough ? PROCEED : refused
  }
  return {
    name: 'require_scopes',
    stage: 'identifyAndAccess',
    evaluate({ facts, head: { fields } }) {
      const token = tokenOf(facts)
      if (token === undefined) return refused
      let verdict = verdicts.get(token)
      if (verdict === undefined) {
        verdict = judge(token)
        verdicts.set(token, verdict)
      }
      return verdict === refused && isDpopAuthorization(fields) ? refusedDpop : verdict
    },
  }
}
