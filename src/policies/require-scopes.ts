import type { RequireScopesSettings } from '../settings/model.ts'
import { scopesOf } from '../tokens/claims.ts'
import type { VerifiedJwt } from '../tokens/jwt.ts'
import { type Decision, type Policy, PROCEED } from './policy.ts'

/**
 * Compiles `require_scopes`, or a scope mapping: the verified token's `scope` and `scp` together must hold any or all of these.
 * No token is 403, as a token with too little is (product.md 4, step 8).
 */
export function compileRequireScopes({ mode, scopes }: RequireScopesSettings): Policy {
  const refused: Decision = Object.freeze({
    kind: 'deny',
    denial: Object.freeze({
      code: 'scope.insufficient',
      scope: scopes.join(' '),
      facts: { mode, scopes: scopes.join(' ') },
    }),
  })
  const verdicts = new WeakMap<VerifiedJwt, Decision>()

  const judge = (jwt: VerifiedJwt): Decision => {
    const granted = new Set(scopesOf(jwt.claims))
    const isEnough =
      mode === 'any' ? scopes.some(scope => granted.has(scope)) : scopes.every(scope => granted.has(scope))
    return isEnough ? PROCEED : refused
  }
  return {
    name: 'require_scopes',
    stage: 'identifyAndAccess',
    evaluate({ facts: { jwt } }) {
      if (jwt === undefined) return refused
      let verdict = verdicts.get(jwt)
      if (verdict === undefined) {
        verdict = judge(jwt)
        verdicts.set(jwt, verdict)
      }
      return verdict
    },
  }
}
