import type { Identification } from '../applications/identification.ts'
import { UNIDENTIFIED } from '../applications/identification.ts'
import type { Denial } from '../errors/denial.ts'
import type { Facts } from '../exchange/exchange.ts'
import type { ApplicationLookup } from '../settings/model.ts'
import type { AcceptedToken } from '../tokens/accepted-token.ts'
import { readBinding, type TokenBinding } from '../tokens/token-binding.ts'
import type { AudienceCheck } from './audience-check.ts'
import {
  pass,
  type RuleContext,
  type RuleVerdict,
  refuse,
  refuseIdentification,
  toEligibility,
  toVerdict,
} from './identification-rule.ts'
import type { PolicyParts } from './policy-parts.ts'

/** A verdict on an accepted token; reused for as long as the token's acceptance is. */
export interface Judgement {
  readonly verdict: RuleVerdict
  /** Whom the token is bound to, which each request has to prove; undefined where nobody has to, as the token is not this rule's. */
  readonly binding: TokenBinding | undefined
  /** True where only the request's path can make the audience right: it is judged again for each request. */
  readonly needsPath: boolean
}

/** What a rule that judges tokens has of its own. */
export interface TokenRule<T extends AcceptedToken> {
  readonly kind: 'jwt' | 'oauth2'
  readonly lookup: ApplicationLookup
  readonly audience: AudienceCheck
  toFacts(token: T): Facts
}

/**
 * Compiles steps 5 to 7 of product.md 4 for a token whose claims count: application, audience, verdict of the lookup. The judgement is one
 * rule's: what another rule says of the same token has no effect on it.
 */
export function compileTokenJudge<T extends AcceptedToken>(
  { kind, lookup, audience, toFacts }: TokenRule<T>,
  { registry, api }: Pick<PolicyParts, 'registry' | 'api'>,
): (token: T) => Judgement {
  const isEligible = toEligibility(lookup, api.name)
  const missing = refuse(audienceMissing(kind))
  const rejected = refuse(audienceRejected(kind))

  /** `none` identifies nobody; that the owner of the key is suspended must be seen all the same. */
  const identify = (token: T): Identification => {
    if (lookup !== 'none') return registry.identifyByToken(token, isEligible)
    const owner = token.keyOwner === undefined ? undefined : registry.byId(token.keyOwner)
    return owner === undefined ? UNIDENTIFIED : { kind: 'unidentified', named: owner }
  }

  return token => {
    const bound = readBinding(token.claims)
    if (!bound.ok) return { verdict: refuse(bound.error), binding: undefined, needsPath: false }
    const binding = bound.value
    const found = identify(token)
    const facts = toFacts(token)
    const context: RuleContext = { kind, lookup, presented: true, facts }
    const refusal = refuseIdentification(found, context)
    if (refusal !== undefined) return { verdict: refusal, binding, needsPath: false }
    const application = found.kind === 'identified' ? found.application : undefined
    const judged = audience.judge(token, application)
    if (judged === 'missing') return { verdict: missing, binding, needsPath: false }
    if (judged === 'rejected') return { verdict: rejected, binding, needsPath: false }
    const verdict = lookup === 'none' ? pass(kind, facts) : toVerdict(found, context)
    return { verdict, binding, needsPath: judged === 'by path' }
  }
}

/** The refusal of a token that is meant for somebody else. */
export function audienceRejected(rule: TokenRule<AcceptedToken>['kind']): Denial {
  return { code: 'token.audience_rejected', facts: { rule } }
}

function audienceMissing(rule: TokenRule<AcceptedToken>['kind']): Denial {
  return {
    code: 'token.claim_missing',
    facts: { rule, claim: 'aud' },
    detail: 'The token has no audience.',
  }
}
