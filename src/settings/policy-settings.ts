/** What the routes of an API demand, resolved: a part of `model.ts`, and like it plain, readonly and complete. */
import type { AsymmetricAlgorithm } from './store-settings.ts'

export interface EffectivePolicies {
  readonly protocols: readonly ('http' | 'https')[]
  /** Undefined: the route is open (`open: true`). */
  readonly identifyAndAuthorize: IdentifyAndAuthorizeSettings | undefined
  /** Each element must be satisfied: from the API, the route, and the scope mappings. */
  readonly requireScopes: readonly RequireScopesSettings[]
  readonly require: readonly RequireSettings[]
  /** What happens to the caller's Authorization field. */
  readonly outboundAuthentication: 'incoming' | 'strip'
}

export interface IdentifyAndAuthorizeSettings {
  readonly condition: 'or' | 'and'
  readonly allowAnonymous: boolean
  readonly rules: readonly IdentificationRuleSettings[]
  readonly pointer: string
}

/** What a rule asks of DPoP proofs (RFC 9449). */
export interface DpopSettings {
  /** `if_bound`: of tokens that are bound to a key, and of no others. */
  readonly mode: 'off' | 'if_bound' | 'required'
  readonly algorithms: readonly AsymmetricAlgorithm[]
  readonly maxAgeSeconds: number
  /** Whether a proof must hold a nonce of ours. */
  readonly nonce: boolean
}

export type ApplicationLookup = 'registered' | 'global' | 'global_or_default' | 'none'

export type IdentificationRuleSettings = { readonly applications: ApplicationLookup; readonly pointer: string } & (
  | {
      readonly kind: 'jwt'
      readonly authServers: readonly string[]
      readonly audience: 'if_present' | 'required' | 'off'
      readonly dpop: DpopSettings
    }
  | {
      readonly kind: 'oauth2'
      /** In the order in which they are asked. */
      readonly authServers: readonly string[]
      readonly acceptJwt: boolean
      readonly audience: 'if_present' | 'required' | 'off'
      readonly dpop: DpopSettings
    }
  | { readonly kind: 'api_key'; readonly header: string }
  | { readonly kind: 'http_basic' }
  | { readonly kind: 'host_name' }
  | { readonly kind: 'ip_range' }
  | { readonly kind: 'client_certificate' }
)

export interface RequireScopesSettings {
  readonly mode: 'any' | 'all'
  readonly scopes: readonly string[]
  readonly pointer: string
}

export interface RequireSettings {
  /** CEL source. */
  readonly expression: string
  readonly pointer: string
}
