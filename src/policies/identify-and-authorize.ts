import { type PresentedCredentials, parseAuthorization } from '../credentials/authorization.ts'
import type { SchemeName } from '../errors/challenge.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { IdentificationRuleSettings, IdentifyAndAuthorizeSettings } from '../settings/model.ts'
import { decideAll } from './all-rules.ts'
import { decideAny, findRefusal, type Otherwise } from './any-rule.ts'
import { compileApiKeyRule } from './api-key-rule.ts'
import { compileClientCertificateRule } from './client-certificate-rule.ts'
import { compileHostNameRule } from './host-name-rule.ts'
import { compileHttpBasicRule } from './http-basic-rule.ts'
import { ABSENT, type IdentificationRule, type RuleVerdict } from './identification-rule.ts'
import { compileIntrospect } from './introspectors.ts'
import { compileIpRangeRule } from './ip-range-rule.ts'
import { compileJwtRule, type SharedVerification } from './jwt-rule.ts'
import { compileOauth2Rule, type SharedIntrospection } from './oauth2-rule.ts'
import type { Decision, Policy } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'
import { compileTokenSplit } from './token-split.ts'

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
export function challengeSchemesOf(rules: readonly IdentificationRuleSettings[]): readonly SchemeName[] {
  const schemes = { oauth2: 'Bearer', api_key: 'ApiKey', http_basic: 'Basic' } as const
  const schemeOf = (rule: IdentificationRuleSettings): SchemeName | undefined => {
    if (rule.kind === 'jwt') return rule.dpop.mode === 'required' ? 'DPoP' : 'Bearer'
    return rule.kind in schemes ? schemes[rule.kind as keyof typeof schemes] : undefined
  }
  return [...new Set(rules.flatMap(rule => schemeOf(rule) ?? []))]
}

function compileRules(
  settings: readonly IdentificationRuleSettings[],
  parts: PolicyParts,
): readonly IdentificationRule[] {
  const authServersOf = (kind: 'jwt' | 'oauth2'): string[] =>
    settings.flatMap(rule => (rule.kind === kind && 'authServers' in rule ? rule.authServers : []))
  const { issuers, maxTokenBytes } = parts.introspectors
  const shared: Shared = {
    verifier: parts.verifiers.trusting(authServersOf('jwt')),
    introspect: compileIntrospect(authServersOf('oauth2'), parts.introspectors),
    split: compileTokenSplit(settings, issuers, maxTokenBytes),
  }
  return settings.map(rule => compileRule(rule, shared, parts))
}

/** What the rules of one route share: there is one bearer token a request. */
type Shared = SharedVerification & SharedIntrospection

function compileRule(rule: IdentificationRuleSettings, shared: Shared, parts: PolicyParts): IdentificationRule {
  switch (rule.kind) {
    case 'jwt':
      return compileJwtRule(rule, shared, parts)
    case 'api_key':
      return compileApiKeyRule(rule, parts)
    case 'http_basic':
      return compileHttpBasicRule(rule, parts)
    case 'host_name':
      return compileHostNameRule(rule, parts)
    case 'ip_range':
      return compileIpRangeRule(rule, parts)
    case 'oauth2':
      return compileOauth2Rule(rule, shared, parts)
    case 'client_certificate':
      return compileClientCertificateRule(rule, parts)
  }
}

/** A 401 must offer a challenge (RFC 9110 section 15.5.2): where no rule has a scheme, the caller is simply not allowed. */
function compileOtherwise(allowAnonymous: boolean, rules: readonly IdentificationRule[]): Otherwise {
  const canPresent = rules.some(rule => rule.scheme !== undefined)
  const code = canPresent ? 'credentials.missing' : 'application.unidentified'
  const algorithms = rules.flatMap(rule => rule.algorithms ?? [])
  const denial = Object.freeze({ code, ...(algorithms.length === 0 ? {} : { algorithms: [...new Set(algorithms)] }) })
  return { allowAnonymous, canPresent, missing: Object.freeze({ kind: 'deny', denial }) } as const
}

/** Rules that go by where the caller is: nothing that could be invalid is presented to them. */
const BY_ADDRESS: ReadonlySet<IdentificationRule['kind']> = new Set(['host_name', 'ip_range'])

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
      const verdict = hasPassed && BY_ADDRESS.has(rule.kind) ? ABSENT : rule.evaluate(presented, exchange)
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
