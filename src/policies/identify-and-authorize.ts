import { type PresentedCredentials, parseAuthorization } from '../credentials/authorization.ts'
import type { SchemeName } from '../errors/challenge.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { IdentificationRuleSettings, IdentifyAndAuthorizeSettings } from '../settings/model.ts'
import type { TokenVerifier } from '../tokens/verify.ts'
import { decideAll } from './all-rules.ts'
import { decideAny, findRefusal, type Otherwise } from './any-rule.ts'
import { compileApiKeyRule } from './api-key-rule.ts'
import { compileHostNameRule } from './host-name-rule.ts'
import { compileHttpBasicRule } from './http-basic-rule.ts'
import { ABSENT, type IdentificationRule, type RuleVerdict } from './identification-rule.ts'
import { compileIpRangeRule } from './ip-range-rule.ts'
import { compileJwtRule } from './jwt-rule.ts'
import type { Decision, Policy } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'
import { compileClientCertificateRule, compileOauth2Rule } from './unbuilt-rules.ts'

/**
 * Compiles Identify & Authorize (product.md 4): who is calling, and may they. The steps of one request, in order:
 * the Authorization field is read; each rule gives its verdict, in file order; a credential that is presented and invalid refuses at once,
 * whatever other rules say; the condition decides.
 */
export function compileIdentifyAndAuthorize(settings: IdentifyAndAuthorizeSettings, parts: PolicyParts): Policy {
  const rules = compileRules(settings.rules, parts)
  const otherwise = compileOtherwise(settings.allowAnonymous, rules)
  const judge = compileCondition(settings.condition, rules, otherwise)
  return {
    name: 'identify_and_authorize',
    stage: 'identifyAndAccess',
    evaluate(exchange) {
      const presented = parseAuthorization(exchange.head.fields)
      return presented.ok ? judge(presented.value, exchange) : { kind: 'deny', denial: presented.error }
    },
  }
}

/** Lists the schemes that a 401 of these rules offers, each once, in the order of the rules. */
export function challengeSchemesOf(rules: readonly Pick<IdentificationRuleSettings, 'kind'>[]): readonly SchemeName[] {
  const schemes = { jwt: 'Bearer', oauth2: 'Bearer', api_key: 'ApiKey', http_basic: 'Basic' } as const
  const kinds = rules.map(rule => rule.kind)
  return [...new Set(kinds.flatMap(kind => (kind in schemes ? schemes[kind as keyof typeof schemes] : [])))]
}

function compileRules(
  settings: readonly IdentificationRuleSettings[],
  parts: PolicyParts,
): readonly IdentificationRule[] {
  const authServers = settings.flatMap(rule => (rule.kind === 'jwt' ? rule.authServers : []))
  const hasJwtRule = settings.some(rule => rule.kind === 'jwt')
  const verifier = parts.verifiers.trusting(authServers)
  return settings.map(rule => compileRule(rule, { verifier, hasJwtRule }, parts))
}

/** What the rules of one route share: there is one bearer token a request. */
interface Shared {
  readonly verifier: TokenVerifier
  readonly hasJwtRule: boolean
}

function compileRule(rule: IdentificationRuleSettings, shared: Shared, parts: PolicyParts): IdentificationRule {
  switch (rule.kind) {
    case 'jwt':
      return compileJwtRule(rule, shared.verifier, parts)
    case 'api_key':
      return compileApiKeyRule(rule, parts)
    case 'http_basic':
      return compileHttpBasicRule(rule, parts)
    case 'host_name':
      return compileHostNameRule(rule, parts)
    case 'ip_range':
      return compileIpRangeRule(rule, parts)
    case 'oauth2':
      return compileOauth2Rule(shared.hasJwtRule)
    case 'client_certificate':
      return compileClientCertificateRule()
  }
}

/** A 401 must offer a challenge (RFC 9110 section 15.5.2): where no rule has a scheme, the caller is simply not allowed. */
function compileOtherwise(allowAnonymous: boolean, rules: readonly IdentificationRule[]): Otherwise {
  const canPresent = rules.some(rule => rule.scheme !== undefined)
  const code = canPresent ? 'credentials.missing' : 'application.unidentified'
  return { allowAnonymous, canPresent, missing: Object.freeze({ kind: 'deny', denial: Object.freeze({ code }) }) }
}

type Judge = (presented: PresentedCredentials, exchange: Exchange) => Decision | Promise<Decision>

/** Compiles the walk over the rules; it waits only where a rule waits. */
function compileCondition(condition: 'or' | 'and', rules: readonly IdentificationRule[], otherwise: Otherwise): Judge {
  const decide = (verdicts: readonly RuleVerdict[]): Decision =>
    condition === 'or' ? decideAny(verdicts, otherwise) : decideAll(rules, verdicts, otherwise)

  const walk = (
    presented: PresentedCredentials,
    exchange: Exchange,
    verdicts: RuleVerdict[],
    pass: boolean,
  ): Decision | Promise<Decision> => {
    let hasPassed = pass
    for (let position = verdicts.length; position < rules.length; position++) {
      const rule = rules[position] as IdentificationRule
      // Once a rule of `or` has passed, the others are asked only whether what was presented to them is invalid.
      const verdict = hasPassed && rule.scheme === undefined ? ABSENT : rule.evaluate(presented, exchange)
      if (verdict instanceof Promise) return resume(verdict, presented, exchange, verdicts, hasPassed)
      const refusal = findRefusal(verdict, hasPassed)
      if (refusal !== undefined) return refusal
      verdicts.push(verdict)
      hasPassed ||= condition === 'or' && verdict.kind === 'passed'
    }
    return decide(verdicts)
  }

  const resume = async (
    waiting: Promise<RuleVerdict>,
    presented: PresentedCredentials,
    exchange: Exchange,
    verdicts: RuleVerdict[],
    hasPassed: boolean,
  ): Promise<Decision> => {
    const verdict = await waiting
    const refusal = findRefusal(verdict, hasPassed)
    if (refusal !== undefined) return refusal
    verdicts.push(verdict)
    return walk(presented, exchange, verdicts, hasPassed || (condition === 'or' && verdict.kind === 'passed'))
  }

  const [only] = rules
  if (only !== undefined && rules.length === 1) return compileOnly(only, verdict => decide([verdict]))
  return (presented, exchange) => walk(presented, exchange, [], false)
}

/** The walk over one rule: the common case, in which a known caller costs no allocation. */
function compileOnly(rule: IdentificationRule, decide: (verdict: RuleVerdict) => Decision): Judge {
  const conclude = (verdict: RuleVerdict): Decision =>
    verdict.kind === 'passed' ? verdict.decision : (findRefusal(verdict, false) ?? decide(verdict))
  return (presented, exchange) => {
    const verdict = rule.evaluate(presented, exchange)
    return verdict instanceof Promise ? verdict.then(conclude) : conclude(verdict)
  }
}
