import type { PresentedCredentials } from '../credentials/authorization.ts'
import type { Result } from '../errors/denial.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { IdentificationRuleSettings } from '../settings/model.ts'
import type { VerifiedJwt } from '../tokens/jwt.ts'
import { UNBOUND } from '../tokens/token-binding.ts'
import type { TokenVerifier } from '../tokens/verify.ts'
import { createAudienceCheck } from './audience-check.ts'
import { ABSENT, type IdentificationRule, type RuleVerdict, refuse } from './identification-rule.ts'
import type { PolicyParts } from './policy-parts.ts'
import { compilePossessionCheck, type TokenScheme } from './proof-of-possession.ts'
import { audienceRejected, compileTokenJudge, type Judgement } from './token-judge.ts'
import type { TokenSplit } from './token-split.ts'

export type JwtRuleSettings = Extract<IdentificationRuleSettings, { kind: 'jwt' }>

/** What the rules of one route share: there is one bearer token a request. */
export interface SharedVerification {
  /** Trusts the auth servers of all `jwt` rules of the route. */
  readonly verifier: TokenVerifier
  readonly split: TokenSplit
}

/**
 * Compiles the rule `jwt` (product.md 4, the steps for a JWT). The verifier does steps 1 to 4 for the tokens of all `jwt` rules of the route;
 * a token of an issuer that only another of these rules trusts counts as absent here. Steps 5 to 7 follow, once for each verified token;
 * that the caller is whom the token is bound to is asked before them, for each request.
 */
export function compileJwtRule(
  settings: JwtRuleSettings,
  { verifier, split }: SharedVerification,
  parts: PolicyParts,
): IdentificationRule {
  const trusted = new Set(settings.authServers)
  const audience = createAudienceCheck(settings.audience, parts)
  const judge = compileTokenJudge<VerifiedJwt>(
    { kind: 'jwt', lookup: settings.applications, audience, toFacts: jwt => ({ jwt }) },
    parts,
  )
  const rejected = audienceRejected('jwt')
  const judgements = new WeakMap<VerifiedJwt, Judgement>()

  const possession = compilePossessionCheck(settings.dpop, parts)
  const { requiresDpop, takesDpop, algorithms } = possession

  const conclude = (
    verified: Result<VerifiedJwt>,
    token: string,
    scheme: TokenScheme,
    exchange: Exchange,
  ): RuleVerdict => {
    if (!verified.ok) return refuse(possession.inScheme(verified.error, scheme))
    const jwt = verified.value
    let judgement = judgements.get(jwt)
    if (judgement === undefined) {
      judgement = trusted.has(jwt.authServer) ? judge(jwt) : NOT_MINE
      judgements.set(jwt, judgement)
    }
    const { binding, needsPath, verdict } = judgement
    // Before anything else is said of the token: a stolen one tells its thief nothing.
    if (binding !== undefined && (binding !== UNBOUND || scheme === 'DPoP' || requiresDpop)) {
      const refusal = possession.refuse(binding, token, scheme, exchange)
      if (refusal !== undefined) return refuse(refusal)
    }
    if (needsPath && !audience.namesPath(jwt, exchange.head.path)) return refuse(possession.inScheme(rejected, scheme))
    return verdict.kind === 'refused' && (scheme === 'DPoP' || requiresDpop)
      ? { ...verdict, denial: possession.inScheme(verdict.denial, scheme) }
      : verdict
  }

  return {
    kind: 'jwt',
    scheme: requiresDpop ? 'DPoP' : 'Bearer',
    ...(requiresDpop ? { algorithms } : {}),
    evaluate({ bearer, dpop }: PresentedCredentials, exchange: Exchange) {
      const token = bearer ?? (takesDpop ? dpop : undefined)
      if (token === undefined || !split.isForJwt(token)) return ABSENT
      const scheme = bearer === undefined ? 'DPoP' : 'Bearer'
      const verified = verifier.verify(token, exchange.nowMs)
      return verified instanceof Promise
        ? verified.then(result => conclude(result, token, scheme, exchange))
        : conclude(verified, token, scheme, exchange)
    },
  }
}

const NOT_MINE: Judgement = { verdict: ABSENT, binding: undefined, needsPath: false }
