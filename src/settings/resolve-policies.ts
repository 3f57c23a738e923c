import type {
  DpopSettings,
  EffectivePolicies,
  IdentificationRuleSettings,
  IdentifyAndAuthorizeSettings,
  RequireScopesSettings,
  RequireSettings,
} from './model.ts'
import { parseFieldName } from './names.ts'
import { toMs, valid } from './resolution.ts'
import type {
  IdentificationRule,
  IdentifyAndAuthorize,
  Jwt,
  OutboundAuthentication,
  Policy,
  RequireScopes,
} from './schema-types.ts'

/** The policies that an API, or a route, has by itself. */
export interface LevelPolicies {
  readonly open: boolean
  readonly protocols: EffectivePolicies['protocols'] | undefined
  readonly identifyAndAuthorize: IdentifyAndAuthorizeSettings | undefined
  readonly allowAnonymous: boolean | undefined
  readonly requireScopes: readonly RequireScopesSettings[]
  readonly require: readonly RequireSettings[]
  readonly outboundAuthentication: EffectivePolicies['outboundAuthentication'] | undefined
}

/** What the short form `jwt: NAME`, and the rule `oauth2`, ask of proofs: the defaults of the schema. */
const DEFAULT_DPOP: DpopSettings = {
  mode: 'if_bound',
  algorithms: ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
  maxAgeSeconds: toMs('60s') / 1000,
  nonce: false,
}
const ALL_PROTOCOLS: EffectivePolicies['protocols'] = ['http', 'https']

/** The auth servers that a rule without names takes. */
export interface NamelessRules {
  /** Those with an issuer, for `jwt`. */
  readonly issuers: readonly string[]
  /** Those with an introspection endpoint, for `oauth2`. */
  readonly introspecting: readonly string[]
}

/** Resolves the policies of one level. */
export function resolveLevel(
  owner: { readonly open: boolean; readonly policies: readonly Policy[] },
  pointer: string,
  nameless: NamelessRules,
): LevelPolicies {
  const entries = owner.policies.map((policy, index) => ({ policy, at: `${pointer}/policies/${index}` }))
  const find = <K extends keyof Policy>(kind: K): Policy[K] | undefined =>
    entries.find(({ policy }) => policy[kind] !== undefined)?.policy[kind]
  const outbound = find('outbound_authentication')
  return {
    open: owner.open,
    protocols: find('protocols'),
    identifyAndAuthorize: entries
      .map(({ policy, at }) => resolveIdentification(policy, at, nameless))
      .find(identification => identification !== undefined),
    allowAnonymous: find('allow_anonymous'),
    requireScopes: entries.flatMap(({ policy, at }) =>
      policy.require_scopes === undefined ? [] : resolveScopes(policy.require_scopes, `${at}/require_scopes`),
    ),
    require: entries.flatMap(({ policy, at }) =>
      policy.require === undefined ? [] : [{ expression: policy.require, pointer: `${at}/require` }],
    ),
    outboundAuthentication: outbound === undefined ? undefined : resolveOutbound(outbound),
  }
}

/**
 * Works out what is in force for a route (product.md 4): its own policy replaces the API's of that kind, `allow_anonymous` sets that flag
 * only, scopes and requirements add up, scope mappings come on top.
 */
export function combinePolicies(
  api: LevelPolicies,
  route: LevelPolicies,
  mapped: RequireScopesSettings | undefined,
): EffectivePolicies {
  return {
    protocols: route.protocols ?? api.protocols ?? ALL_PROTOCOLS,
    identifyAndAuthorize: combineIdentification(api, route),
    requireScopes: [...api.requireScopes, ...route.requireScopes, ...(mapped === undefined ? [] : [mapped])],
    require: [...api.require, ...route.require],
    outboundAuthentication: route.outboundAuthentication ?? api.outboundAuthentication ?? 'incoming',
  }
}

/** The API's flag belongs to the API's rules: a route that brings rules of its own does not inherit it. */
function combineIdentification(api: LevelPolicies, route: LevelPolicies): IdentifyAndAuthorizeSettings | undefined {
  if (route.open) return undefined
  const own = route.identifyAndAuthorize
  const inForce = own ?? (api.open ? undefined : api.identifyAndAuthorize)
  if (inForce === undefined) return undefined
  const allowAnonymous = route.allowAnonymous ?? (own === undefined ? api.allowAnonymous : undefined)
  return allowAnonymous === undefined ? inForce : { ...inForce, allowAnonymous }
}

function resolveIdentification(
  policy: Policy,
  at: string,
  nameless: NamelessRules,
): IdentifyAndAuthorizeSettings | undefined {
  if (policy.jwt !== undefined) return fromShortForm(policy.jwt, `${at}/jwt`)
  const written = policy.identify_and_authorize
  return written === undefined ? undefined : fromRules(written, `${at}/identify_and_authorize`, nameless)
}

function fromShortForm(jwt: Jwt, pointer: string): IdentifyAndAuthorizeSettings {
  const authServers = typeof jwt === 'string' ? [jwt] : jwt
  return {
    condition: 'or',
    allowAnonymous: false,
    rules: [{ kind: 'jwt', authServers, audience: 'if_present', dpop: DEFAULT_DPOP, applications: 'none', pointer }],
    pointer,
  }
}

function fromRules(
  written: IdentifyAndAuthorize,
  pointer: string,
  nameless: NamelessRules,
): IdentifyAndAuthorizeSettings {
  return {
    condition: written.condition,
    allowAnonymous: written.allow_anonymous,
    rules: written.rules.flatMap((rule, index) => resolveRule(rule, `${pointer}/rules/${index}`, nameless) ?? []),
    pointer,
  }
}

function resolveRule(
  rule: IdentificationRule,
  pointer: string,
  nameless: NamelessRules,
): IdentificationRuleSettings | undefined {
  const common = { applications: rule.applications, pointer }
  if (rule.jwt !== undefined) {
    const { auth_servers: authServers = nameless.issuers, audience } = rule.jwt
    return { ...common, kind: 'jwt', authServers, audience, dpop: resolveDpop(rule.jwt) }
  }
  if (rule.api_key !== undefined)
    return { ...common, kind: 'api_key', header: valid(parseFieldName(rule.api_key.header)) }
  if (rule.oauth2 !== undefined) {
    const { auth_servers: authServers = nameless.introspecting, audience, accept_jwt: acceptJwt } = rule.oauth2
    return { ...common, kind: 'oauth2', authServers, acceptJwt, audience, dpop: DEFAULT_DPOP }
  }
  const kind = (['http_basic', 'host_name', 'ip_range', 'client_certificate'] as const).find(
    name => rule[name] !== undefined,
  )
  return kind === undefined ? undefined : { ...common, kind }
}

type JwtRule = NonNullable<IdentificationRule['jwt']>

function resolveDpop(jwt: JwtRule): DpopSettings {
  const { dpop: mode, dpop_algorithms: algorithms, dpop_max_age: maxAge, dpop_nonce: nonce } = jwt
  return { mode, algorithms: [...new Set(algorithms)], maxAgeSeconds: toMs(maxAge) / 1000, nonce }
}

function resolveScopes({ any, all }: RequireScopes, pointer: string): readonly RequireScopesSettings[] {
  if (all !== undefined) return [{ mode: 'all', scopes: [...new Set(all)], pointer }]
  return any === undefined ? [] : [{ mode: 'any', scopes: [...new Set(any)], pointer }]
}

/** What is not built yet passes nothing on: the caller's token is not for a service that expects another one. */
function resolveOutbound({ scheme, mode }: OutboundAuthentication): EffectivePolicies['outboundAuthentication'] {
  return scheme === 'jwt' && mode === 'incoming' ? 'incoming' : 'strip'
}
