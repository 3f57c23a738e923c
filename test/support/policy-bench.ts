/** Compiles policies over tokens, applications and users that a test names, and judges requests with them. */
import { createApplicationRegistry } from '../../src/applications/registry.ts'
import { type Denial, deny, type Result } from '../../src/errors/denial.ts'
import type { Exchange } from '../../src/exchange/exchange.ts'
import { createExpressionCompiler } from '../../src/expressions/expression.ts'
import type { Introspector } from '../../src/introspection/introspector.ts'
import { NO_FACTS, runChain } from '../../src/policies/chain.ts'
import { compilePolicies } from '../../src/policies/compile-policies.ts'
import type { PolicyParts } from '../../src/policies/policy-parts.ts'
import { createProofMemory } from '../../src/policies/proof-of-possession.ts'
import type {
  EffectivePolicies,
  IdentificationRuleSettings,
  IdentifyAndAuthorizeSettings,
} from '../../src/settings/model.ts'
import type { VerifiedJwt } from '../../src/tokens/jwt.ts'
import { NO_REVOCATIONS } from '../../src/tokens/revocations.ts'
import { DPOP_DEFAULTS } from './dpop.ts'
import { type ExchangePlan, makeExchange } from './exchange.ts'
import { type ApplicationPlan, makeApplication } from './make-application.ts'

/** A token's text to what its verification comes to; a promise where the keys have to be fetched. */
export type TokenTable = Readonly<Record<string, VerifiedJwt | Denial | Promise<VerifiedJwt>>>

export interface Bench {
  readonly tokens?: TokenTable
  readonly applications?: readonly ApplicationPlan[]
  /** User names to passwords. */
  readonly users?: Readonly<Record<string, string>>
  /** Addresses to host names. */
  readonly hostNames?: Readonly<Record<string, readonly string[]>>
  readonly audiences?: Readonly<Record<string, readonly string[]>>
  /** What `oauth2` rules ask. */
  readonly introspectors?: readonly Introspector[]
  readonly hosts?: readonly string[]
  readonly basePath?: string
}

/** Makes the parts. Passwords are compared at once, except those of a user named `slow`, who takes a turn of the loop. */
export function makeParts(bench: Bench): PolicyParts {
  const tokens = new Map(Object.entries(bench.tokens ?? {}))
  const users = new Map(Object.entries(bench.users ?? {}))
  const verify = (compact: string): Result<VerifiedJwt> | Promise<Result<VerifiedJwt>> => {
    const entry = tokens.get(compact)
    if (entry === undefined) return deny('token.malformed')
    if (entry instanceof Promise) return entry.then(value => ({ ok: true, value }))
    return 'code' in entry ? { ok: false, error: entry } : resultOf(entry)
  }
  return {
    api: { name: 'orders', basePath: bench.basePath ?? '/orders', hosts: bench.hosts ?? [] },
    accessUrl: 'https://gateway.example.com',
    registry: createApplicationRegistry((bench.applications ?? []).map(makeApplication), {
      ownAuthServers: new Set(['local']),
      hostNames: {
        namesAt: address => bench.hostNames?.[address] ?? [],
        settled: async () => {},
        close: async () => {},
      },
    }),
    verifiers: { trusting: () => ({ verify }) },
    introspectors: {
      servers: new Map((bench.introspectors ?? []).map(one => [one.authServer, one])),
      issuers: new Map([['idp', 'https://idp.example.com']]),
      maxTokenBytes: 8_192,
      revocations: NO_REVOCATIONS,
    },
    audiences: new Map(Object.entries(bench.audiences ?? {})),
    proofs: createProofMemory(100),
    passwordChecker: {
      check(user, password) {
        if (user === 'crowd') return deny('gateway.overloaded')
        const result: Result<string> =
          users.get(user) === password
            ? { ok: true, value: user }
            : deny('credentials.invalid', {}, { scheme: 'Basic' })
        return user === 'slow' ? new Promise(resolve => setImmediate(() => resolve(result))) : result
      },
    },
    expressions: createExpressionCompiler(),
  }
}

const results = new WeakMap<VerifiedJwt, { readonly ok: true; readonly value: VerifiedJwt }>()

/** The verifier returns one value for one token, as its cache does. */
function resultOf(value: VerifiedJwt): Result<VerifiedJwt> {
  const known = results.get(value) ?? { ok: true as const, value }
  results.set(value, known)
  return known
}

export type RulePlan = Partial<IdentificationRuleSettings> & Pick<IdentificationRuleSettings, 'kind'>

/** Completes a rule: applications registered, auth server `idp`, audience if present, header `x-gateway-apikey`. */
export function makeRule(plan: RulePlan): IdentificationRuleSettings {
  const defaults = {
    applications: 'registered',
    pointer: '',
    authServers: ['idp'],
    audience: 'if_present',
    dpop: DPOP_DEFAULTS,
    header: 'x-gateway-apikey',
  }
  return { ...defaults, ...plan } as IdentificationRuleSettings
}

/** Makes the effective policies of a route with these rules; without rules it is open. */
export function makePolicies(
  rules: readonly RulePlan[],
  identify: Partial<IdentifyAndAuthorizeSettings> = {},
  rest: Partial<EffectivePolicies> = {},
): EffectivePolicies {
  const identifyAndAuthorize: IdentifyAndAuthorizeSettings = {
    condition: 'or',
    allowAnonymous: false,
    rules: rules.map(makeRule),
    pointer: '',
    ...identify,
  }
  return {
    protocols: ['http', 'https'],
    identifyAndAuthorize: rules.length === 0 ? undefined : identifyAndAuthorize,
    requireScopes: [],
    require: [],
    outboundAuthentication: 'incoming',
    ...rest,
  }
}

/** What a request came to: its exchange after the chain, and the denial if there was one. */
export interface Judged {
  readonly exchange: Exchange
  readonly denial: Denial | undefined
  /** The application's id, `(none)` without one, or the code of the denial. */
  readonly word: string
  /** False where the chain answered with a promise. */
  readonly atOnce: boolean
}

/** Compiles a route once; the function it returns judges one request. */
export function makeJudge(effective: EffectivePolicies, bench: Bench): (plan?: ExchangePlan) => Promise<Judged> {
  const policies = compilePolicies(effective, makeParts(bench))
  return async plan => {
    const exchange: Exchange = { ...makeExchange(plan), facts: NO_FACTS }
    const outcome = runChain(policies, exchange)
    const denial = await outcome
    const word = denial === undefined ? (exchange.facts.application?.id ?? '(none)') : denial.code
    return { exchange, denial, word, atOnce: !(outcome instanceof Promise) }
  }
}

/** Field lines of credentials, for an exchange's plan. */
export function presenting(credentials: {
  readonly token?: string
  readonly basic?: string
  readonly apiKey?: string
  readonly from?: string
}): ExchangePlan {
  const { token, basic, apiKey, from } = credentials
  return {
    lines: [
      ...(token === undefined ? [] : ['Authorization', `Bearer ${token}`]),
      ...(basic === undefined ? [] : ['Authorization', `Basic ${Buffer.from(basic).toString('base64')}`]),
      ...(apiKey === undefined ? [] : ['X-Gateway-APIKey', apiKey]),
    ],
    ...(from === undefined ? {} : { head: { clientAddress: from } }),
  }
}
