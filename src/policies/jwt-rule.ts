import type { Application } from '../applications/application.ts'
import type { Identification } from '../applications/identification.ts'
import { UNIDENTIFIED } from '../applications/identification.ts'
import type { PresentedCredentials } from '../credentials/authorization.ts'
import type { Denial, Result } from '../errors/denial.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { IdentificationRuleSettings } from '../settings/model.ts'
import type { VerifiedJwt } from '../tokens/jwt.ts'
import type { TokenVerifier } from '../tokens/verify.ts'
import { type AudienceCheck, createAudienceCheck } from './audience-check.ts'
import {
  ABSENT,
  type IdentificationRule,
  pass,
  type RuleContext,
  type RuleVerdict,
  refuse,
  refuseIdentification,
  toEligibility,
  toVerdict,
} from './identification-rule.ts'
import type { PolicyParts } from './policy-parts.ts'

export type JwtRuleSettings = Extract<IdentificationRuleSettings, { kind: 'jwt' }>

/** A verdict on a verified token; reused for as long as the token's verification is. */
interface Judgement {
  readonly verdict: RuleVerdict
  /** True where only the request's path can make the audience right: it is judged again for each request. */
  readonly needsPath: boolean
}

const AUDIENCE_REJECTED: Denial = { code: 'token.audience_rejected', facts: { rule: 'jwt' } }
const AUDIENCE_MISSING: Denial = {
  code: 'token.claim_missing',
  facts: { rule: 'jwt', claim: 'aud' },
  detail: 'The token has no audience.',
}

/**
 * Compiles the rule `jwt` (product.md 4, the steps for a JWT). The verifier does steps 1 to 4 for the tokens of all `jwt` rules of the route;
 * a token of an issuer that only another of these rules trusts counts as absent here. Steps 5 to 7 follow, once for each verified token.
 */
export function compileJwtRule(
  settings: JwtRuleSettings,
  verifier: TokenVerifier,
  parts: PolicyParts,
): IdentificationRule {
  const trusted = new Set(settings.authServers)
  const audience = createAudienceCheck(settings.audience, parts)
  const judge = compileJudge(settings, audience, parts)
  const judgements = new WeakMap<VerifiedJwt, Judgement>()

  const conclude = (verified: Result<VerifiedJwt>, exchange: Exchange): RuleVerdict => {
    if (!verified.ok) return refuse(verified.error)
    const jwt = verified.value
    let judgement = judgements.get(jwt)
    if (judgement === undefined) {
      judgement = trusted.has(jwt.authServer) ? judge(jwt) : NOT_MINE
      judgements.set(jwt, judgement)
    }
    if (judgement.needsPath && !audience.namesPath(jwt, exchange.head.path)) return refuse(AUDIENCE_REJECTED)
    return judgement.verdict
  }

  return {
    kind: 'jwt',
    scheme: 'Bearer',
    evaluate({ bearer }: PresentedCredentials, exchange: Exchange) {
      if (bearer === undefined) return ABSENT
      const verified = verifier.verify(bearer, exchange.nowMs)
      return verified instanceof Promise
        ? verified.then(result => conclude(result, exchange))
        : conclude(verified, exchange)
    },
  }
}

const NOT_MINE: Judgement = { verdict: ABSENT, needsPath: false }

/** Compiles steps 5 to 7: application, audience, verdict of the lookup. */
function compileJudge(
  { applications: lookup }: JwtRuleSettings,
  audience: AudienceCheck,
  { registry, api }: PolicyParts,
): (jwt: VerifiedJwt) => Judgement {
  const isEligible = toEligibility(lookup, api.name)

  /** `none` identifies nobody; that the owner of the key is suspended must be seen all the same. */
  const identify = (jwt: VerifiedJwt): Identification => {
    if (lookup !== 'none') return registry.identifyByToken(jwt, isEligible)
    const owner = jwt.keyOwner === undefined ? undefined : registry.byId(jwt.keyOwner)
    return owner === undefined ? UNIDENTIFIED : { kind: 'unidentified', named: owner }
  }

  return jwt => {
    const found = identify(jwt)
    const context: RuleContext = { kind: 'jwt', lookup, presented: true, facts: { jwt } }
    const refusal = refuseIdentification(found, context)
    if (refusal !== undefined) return { verdict: refusal, needsPath: false }
    const application: Application | undefined = found.kind === 'identified' ? found.application : undefined
    const judged = audience.judge(jwt, application)
    if (judged === 'missing') return { verdict: refuse(AUDIENCE_MISSING), needsPath: false }
    if (judged === 'rejected') return { verdict: refuse(AUDIENCE_REJECTED), needsPath: false }
    const verdict = lookup === 'none' ? pass('jwt', { jwt }) : toVerdict(found, context)
    return { verdict, needsPath: judged === 'by path' }
  }
}
