/**
 * The resolved settings: complete, plain, readonly, with every default filled in and every name checked.
 * `settings/resolve*.ts` makes them; every room may import these types. YAML keys are spelled as the seeds write them;
 * the translation to the names here happens in `resolve` and nowhere else.
 *
 * `pointer` members are JSON pointers into the merged document: what only `compile` can find is reported by them.
 */

import type { RemoteIntrospectionSettings } from './introspection-settings.ts'
import type { EffectivePolicies } from './policy-settings.ts'
import type { RevocationListSettings, RevocationSettings } from './revocation-settings.ts'
import type { Secret } from './secret.ts'
import type {
  AsymmetricAlgorithm,
  HmacAlgorithm,
  KeystoreSettings,
  SigningAlgorithm,
  TlsSettings,
  TruststoreSettings,
} from './store-settings.ts'
import type { OutgoingTlsSettings, UpstreamSettings } from './upstream-settings.ts'

export type {
  ApplicationLookup,
  DpopSettings,
  EffectivePolicies,
  IdentificationRuleSettings,
  IdentifyAndAuthorizeSettings,
  RequireScopesSettings,
  RequireSettings,
} from './policy-settings.ts'
export type { Secret } from './secret.ts'
export type {
  AsymmetricAlgorithm,
  HmacAlgorithm,
  KeystoreSettings,
  SigningAlgorithm,
  StoreFileSettings,
  TlsSettings,
  TruststoreSettings,
} from './store-settings.ts'

export interface Settings {
  readonly name: string
  /**
   * SHA-256 of the resolved content and of the files that it names, shortened to 12 hex digits; equal content has equal revision.
   * `pointer`s do not count.
   */
  readonly revision: string
  readonly ports: PortsSettings
  /** Present when `ports.https` is. */
  readonly tls: TlsSettings | undefined
  readonly apiEndpoint: ApiEndpointSettings
  readonly adminApi: AdminApiSettings
  /** Absolute path. */
  readonly stateDir: string
  readonly trustedProxies: readonly AddressRange[]
  readonly limits: LimitsSettings
  readonly http2: Http2Settings
  readonly drain: { readonly delayMs: number; readonly timeoutMs: number }
  readonly users: readonly UserSettings[]
  readonly keystores: readonly KeystoreSettings[]
  readonly truststores: readonly TruststoreSettings[]
  readonly authServers: readonly AuthServerSettings[]
  readonly revocations: readonly RevocationSettings[]
  readonly revocationList: RevocationListSettings | undefined
  readonly applications: readonly ApplicationSettings[]
  readonly scopeMappings: readonly ScopeMappingSettings[]
  readonly apis: readonly ApiSettings[]
  /** Fields, in lower case, that policies of these settings set upstream; no caller may send them, on any route. */
  readonly identityFields: readonly string[]
  readonly faults: { readonly format: 'problem' | 'exception' }
  /** `extended_settings.pg_JWT_isHTTPS`: the issuing endpoints answer over HTTPS only. */
  readonly issuingRequiresHttps: boolean
  readonly logging: LoggingSettings
}

/** A listening address. Without host: all addresses, IPv4 and IPv6. Port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string | undefined
  readonly port: number
}

export interface PortsSettings {
  readonly http: ListenAddress | undefined
  readonly https: ListenAddress | undefined
  readonly admin: ListenAddress
}

export interface ApiEndpointSettings {
  /** `/gateway` by default; prefix of the product's own endpoints. */
  readonly basePath: string
  /** Absolute URL at which callers reach this gateway, without trailing slash. */
  readonly accessUrl: string | undefined
}

export interface AdminApiSettings {
  readonly credentials: { readonly user: string; readonly password: Secret } | undefined
  /** `/rest/microgateway` by default. */
  readonly path: string
  readonly openMetrics: boolean
}

/** Inclusive address range: a CIDR block or `from-to`. */
export type AddressRange =
  | { readonly kind: 'block'; readonly address: string; readonly prefix: number }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }

export interface LimitsSettings {
  readonly maxHeaderBytes: number
  readonly maxHeaderCount: number
  readonly maxTargetBytes: number
  readonly maxBodyBytes: number
  readonly maxTokenBytes: number
  /** Verdicts that are remembered. */
  readonly maxCachedTokens: number
  readonly maxDpopProofs: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly idleTimeoutMs: number
  /** Open connections of all callers together. */
  readonly maxConnections: number
  readonly maxEventLoopDelayMs: number
  /** Percent of the heap, or of the memory that the container allows. */
  readonly maxMemoryUse: number
}

/** HTTP/2 from callers. */
export interface Http2Settings {
  readonly enabled: boolean
  /** Prior knowledge on the plain port (h2c). */
  readonly cleartext: boolean
  readonly maxStreams: number
  /** Streams that one connection may reset in 30 s. */
  readonly maxResets: number
}

export interface UserSettings {
  readonly name: string
  /** `scrypt:N:r:p:salt:hash`, salt and hash in base64. */
  readonly passwordHash: string
  readonly pointer: string
}

export interface AuthServerSettings {
  readonly name: string
  readonly id: string | undefined
  readonly description: string | undefined
  /** Undefined for an auth server that only introspects. */
  readonly issuer: string | undefined
  readonly keys: KeyOriginSettings
  readonly audience: readonly string[]
  /** Undefined: all asymmetric algorithms that fit the key. */
  readonly algorithms: readonly AsymmetricAlgorithm[] | undefined
  readonly clockSkewSeconds: number
  readonly requireExp: boolean
  readonly tokenGenerator: TokenGeneratorSettings | undefined
  /** Where its tokens can be asked about. Undefined: nowhere. */
  readonly introspection?: RemoteIntrospectionSettings | undefined
  readonly scopes: readonly { readonly name: string; readonly description: string | undefined }[]
  readonly pointer: string
}

/** Where the verification keys of an issuer come from. */
export type KeyOriginSettings =
  | {
      readonly kind: 'jwksUri'
      readonly uri: string
      readonly jwks: JwksSettings
      /** Undefined: the system's authorities, and no certificate of ours. */
      readonly tls?: OutgoingTlsSettings | undefined
      readonly pointer: string
    }
  /** The key set that the issuer's discovery document names. */
  | {
      readonly kind: 'discovery'
      readonly url: string
      /** Whether the document may name a key set by plain `http:` on another machine. */
      readonly allowHttp: boolean
      readonly jwks: JwksSettings
      /** Of both fetches; as for `jwksUri`. */
      readonly tls?: OutgoingTlsSettings | undefined
      readonly pointer: string
    }
  | { readonly kind: 'jwksFile'; readonly file: string; readonly pointer: string }
  | { readonly kind: 'certificate'; readonly truststore: string; readonly alias: string; readonly pointer: string }
  /** This gateway's own signing key (`tokenGenerator`). */
  | { readonly kind: 'own' }
  /** No key source: its tokens get 503 (HMAC strategies may still name this auth server). */
  | { readonly kind: 'none' }

export interface JwksSettings {
  readonly maxAgeMs: number
  readonly minAgeMs: number
  readonly maxStaleMs: number
  readonly cooldownMs: number
  readonly fetchTimeoutMs: number
  readonly maxBytes: number
}

export interface TokenGeneratorSettings {
  readonly algorithm: SigningAlgorithm
  /** Minutes, as the seeds define it. */
  readonly expiryMinutes: number
  readonly audience: string | undefined
  readonly keystore: string
  /** Undefined: the only entry of a keystore whose aliases stand in its file. */
  readonly keyAlias: string | undefined
}

/** A value that one claim must have; a list means any of. Never null, never an object (checked by the schema). */
export type ClaimExpectation = string | number | boolean | readonly (string | number | boolean)[]

export interface ApplicationSettings {
  readonly id: string
  readonly name: string
  readonly owner: string | undefined
  readonly tier: string | undefined
  readonly suspended: boolean
  /** Names of the APIs it is registered for. */
  readonly apis: readonly string[]
  /** Auth servers whose tokens may name it; undefined: any. */
  readonly authServers: readonly string[] | undefined
  readonly identifiers: {
    readonly claimSets: readonly Readonly<Record<string, ClaimExpectation>>[]
    readonly apiKeys: readonly Secret[]
    readonly users: readonly string[]
    readonly hostNames: readonly string[]
    readonly ipRanges: readonly AddressRange[]
    readonly clientCertificates: readonly ClientCertificateSettings[]
    /** Clients whose introspected tokens name the application. */
    readonly clientIds: readonly string[]
  }
  readonly strategies: readonly StrategySettings[]
  readonly pointer: string
}

/** What a client certificate of an application is known by. */
export interface ClientCertificateSettings {
  readonly by: 'fingerprint' | 'san' | 'subject'
  /** SHA-256 of the DER form in lower-case hex; a name, DNS names and addresses in lower case; a subject in the form of `canonicalName`. */
  readonly value: string
}

/** An application's own way to authenticate: a shared secret for HMAC (`JWT_HSA`). */
export interface StrategySettings {
  readonly name: string
  readonly authServer: string
  readonly algorithm: HmacAlgorithm
  /** The key in base64 (RFC 4648 section 4). */
  readonly secret: Secret
  readonly audience: string | undefined
  readonly pointer: string
}

export interface ScopeMappingSettings {
  readonly scope: string
  readonly apis: readonly string[]
  /** Empty: every route of those APIs. */
  readonly routes: readonly RouteMatchSettings[]
  readonly pointer: string
}

export interface RouteMatchSettings {
  /** Upper case, or `ANY`. */
  readonly method: string
  /** Template relative to the base path: `/v1/items/{id}`, `/*`. */
  readonly path: string
}

export interface ApiSettings {
  readonly name: string
  readonly version: string | undefined
  /** `/orders`; `/` for the root; no trailing slash otherwise. */
  readonly basePath: string
  /** Lower case, exact or `*.suffix`; empty: any host. */
  readonly hosts: readonly string[]
  readonly active: boolean
  /** Ends WebSockets and event streams when the token expires or is revoked. */
  readonly closeOnExpiry: boolean
  readonly upstream: UpstreamSettings
  readonly routes: readonly RouteSettings[]
  readonly pointer: string
}

export interface RouteSettings {
  readonly match: RouteMatchSettings
  /** The route's effective policies: the API's, replaced or extended by its own, scope mappings included. */
  readonly policies: EffectivePolicies
  readonly pointer: string
}

export interface LoggingSettings {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'trace'
  readonly accessLog: 'json' | 'combined' | 'off'
}
