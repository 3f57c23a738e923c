import type { PresentedCredentials } from '../credentials/authorization.ts'
import type { Result } from '../errors/denial.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { IdentificationRuleSettings } from '../settings/model.ts'
import type { IntrospectedToken } from '../tokens/accepted-token.ts'
import { UNBOUND } from '../tokens/token-binding.ts'
import { createAudienceCheck } from './audience-check.ts'
import { ABSENT, type IdentificationRule, type RuleVerdict, refuse } from './identification-rule.ts'
import type { Introspect } from './introspectors.ts'
import type { PolicyParts } from './policy-parts.ts'
import { compilePossessionCheck, type TokenScheme } from './proof-of-possession.ts'
import { audienceRejected, compileTokenJudge, type Judgement } from './token-judge.ts'
import type { TokenSplit } from './token-split.ts'

export type Oauth2RuleSettings = Extract<IdentificationRuleSettings, { kind: 'oauth2' }>

/** What the rules of one route share: there is one bearer token a request. */
export interface SharedIntrospection {
  /** Asks the auth servers of all `oauth2` rules of the route. */
  readonly introspect: Introspect
  readonly split: TokenSplit
}

const NOT_MINE: Judgement = { verdict: ABSENT, binding: undefined, needsPath: false }

/**
 * Compiles the rule `oauth2` (product.md 4, RFC 7662): a token is what its auth server says of it. What was said is shared and remembered; what it is good for is judged here, for this rule: application,
 * audience, whom it is bound to. A token that only another `oauth2` rule's auth server knows counts as absent.
 */
export function compileOauth2Rule(
  settings: Oauth2RuleSettings,
  { introspect, split }: SharedIntrospection,
  parts: PolicyParts,
): IdentificationRule {
  const { applications: lookup, acceptJwt } = settings
  const trusted = new Set(settings.authServers)
  const audience = createAudienceCheck(settings.audience, parts)
  const judge = compileTokenJudge<IntrospectedToken>(
    { kind: 'oauth2', lookup, audience, toFacts: introspected => ({ introspected }) },
    parts,
  )
  const possession = compilePossessionCheck(settings.dpop, parts)
  const rejected = audienceRejected('oauth2')
  const judgements = new WeakMap<IntrospectedToken, Judgement>()

  const conclude = (
    answer: Result<IntrospectedToken>,
    bearer: string,
    scheme: TokenScheme,
    exchange: Exchange,
  ): RuleVerdict => {
    if (!answer.ok) return refuse(possession.inScheme(answer.error, scheme))
    const token = answer.value
    let judgement = judgements.get(token)
    if (judgement === undefined) {
      judgement = trusted.has(token.authServer) ? judge(token) : NOT_MINE
      judgements.set(token, judgement)
    }
    const { binding, needsPath, verdict } = judgement
    // Before anything else is said of the token: a stolen one tells its thief nothing.
    if (binding !== undefined && (binding !== UNBOUND || scheme === 'DPoP')) {
      const refusal = possession.refuse(binding, bearer, scheme, exchange)
      if (refusal !== undefined) return refuse(refusal)
    }
    if (needsPath && !audience.namesPath(token, exchange.head.path))
      return refuse(possession.inScheme(rejected, scheme))
    return verdict.kind === 'refused' && scheme === 'DPoP'
      ? { ...verdict, denial: possession.inScheme(verdict.denial, scheme) }
      : verdict
  }

  return {
    kind: 'oauth2',
    scheme: 'Bearer',
    evaluate({ bearer, dpop }: PresentedCredentials, exchange: Exchange) {
      const token = bearer ?? (possession.takesDpop ? dpop : undefined)
      if (token === undefined || !split.isForIntrospection(token, acceptJwt)) return ABSENT
      const scheme = bearer === undefined ? 'DPoP' : 'Bearer'
      const answer = introspect(token, exchange.nowMs)
      return answer instanceof Promise
        ? answer.then(late => conclude(late, token, scheme, exchange))
        : conclude(answer, token, scheme, exchange)
    },
  }
}
