/**
 * The configuration as its schemas describe it, valid and with every default filled in. Made by `docs/generate-schema-types.ts` from
 * `schemas/`; `resolve.ts` reads it. Change the schemas, not this file.
 */

/** The service (native service) that calls go to: a URL, `builtin:echo`, or a block. */
export type Upstream =
  | string
  | {
      targets: string[]
      balance: 'round_robin' | 'least_requests' | 'consistent_hash'
      hash_on: string
      strip_base_path: boolean
      connect_timeout: string
      response_timeout: string
      idle_timeout: string
      stream_timeout: string
      max_connections: number
      max_pending: number
      retry: {
        attempts: number
        budget: number
      }
      health_check?: {
        path: string
        interval: string
        timeout: string
        unhealthy_after: number
        healthy_after: number
        status: string
      }
      outliers: {
        failures: number
        ejection: string
        max_ejected: number
        slow_return: string
      }
      circuit_breaker?: {
        failure_ratio: number
        min_requests: number
        window: string
        open_for: string
      }
      protocol: 'http1' | 'http2'
      tls?: OutgoingTls
    }
/** Schemes that a call may come by, both by default; the other one is 403 `request.https_required`. */
export type Protocols = ('http' | 'https')[]
/** Auth server (or a list of them): one `identify_and_authorize` rule with `applications: none`. */
export type Jwt = string | string[]
/** Sets `allow_anonymous` of the Identify & Authorize policy in force, and nothing else. */
export type AllowAnonymous = boolean
/**
 * CEL expression over `claims`, `application`, `request` and `token`; an error in it is a refusal. What a token lacks is missing, and naming it an error: `has(token.issuer)` is false for an introspected token where neither its auth server nor the answer has an issuer.
 */
export type Require = string

/**
 * Everything about one gateway: where it listens, whose tokens it accepts, who may call, which APIs it serves and what a call must fulfil. Only `apis` is needed for a first run.
 */
export interface Configuration {
  name: string
  ports: Ports
  tls: Tls
  api_endpoint: ApiEndpoint
  api_gateway?: unknown
  applications_sync?: ApplicationsSync
  admin_api: AdminApi
  state_dir: string
  workers: number | string
  trusted_proxies: string[]
  limits: Limits
  http2: Http2
  drain: Drain
  users: User[]
  security_settings: SecuritySettings
  token_endpoint?: unknown
  oauth?: unknown
  applications: Application[]
  scope_mappings: ScopeMapping[]
  apis: Api[]
  faults: Faults
  extended_settings: ExtendedSettings
  logging: Logging
  tests?: unknown
}
/**
 * Where the gateway listens. A number listens on all addresses; `host:port` on one. Without `http` and `https`, `http` is `127.0.0.1:4485`.
 */
export interface Ports {
  http?: number | string
  https?: number | string
  admin: number | string
}
/** What `ports.https` serves. */
export interface Tls {
  certificates: {
    keyStoreAlias: string
    keyAlias?: string
  }[]
  client_certificates: 'none' | 'optional' | 'required'
  trustStoreAlias?: string
  min_version: 'TLSv1.2' | 'TLSv1.3'
}
/** How callers reach this gateway. */
export interface ApiEndpoint {
  base_path: string
  access_url?: string
}
/** Polls the API Gateway for applications. */
export interface ApplicationsSync {
  enabled: boolean
  applications_to_sync: string
  polling_interval_secs: number
  connection_timeout_secs: number
}
/**
 * The administration endpoints on `ports.admin`. Without user and password a token is generated under `state_dir`.
 */
export interface AdminApi {
  user?: string
  password?: string
  admin_path: string
  open_metrics: boolean
}
/** What one caller may take. A call beyond a limit is refused. */
export interface Limits {
  max_header_bytes: string
  max_header_count: number
  max_target_bytes: string
  max_body_bytes: string
  max_token_bytes: string
  max_cached_tokens: number
  max_dpop_proofs: number
  headers_timeout: string
  request_timeout: string
  idle_timeout: string
  max_connections: number
  max_event_loop_delay: string
  max_memory_use: number
}
/** HTTP/2 from callers. On `ports.https` it is chosen by ALPN. */
export interface Http2 {
  enabled: boolean
  cleartext: boolean
  max_streams: number
  max_resets: number
}
/** How the gateway stops. */
export interface Drain {
  delay: string
  timeout: string
}
/** Somebody with a password. */
export interface User {
  name: string
  password_hash: string
  claims?: unknown
}
/** Keys, certificates and the issuers of tokens. */
export interface SecuritySettings {
  keystores: Keystore[]
  truststores: Truststore[]
  auth_servers: AuthServer[]
  revocations: Revocation[]
  revocation_list?: RevocationList
}
/**
 * Private keys with their certificates: PEM files, a PKCS#12 or JKS file, or a key that the gateway makes on first start.
 */
export interface Keystore {
  name: string
  type: 'pem' | 'generated' | 'pkcs12' | 'jks'
  entries?: {
    alias: string
    certificate?: string
    private_key: string
    password?: string
  }[]
  algorithm?: 'RS256' | 'RS384' | 'RS512' | 'ES256' | 'EdDSA'
  alias?: string
  file?: string
  password?: string
}
/** Certificates to trust. */
export interface Truststore {
  name: string
  type: 'pem' | 'pkcs12' | 'jks'
  entries?: {
    alias: string
    certificate: string
  }[]
  file?: string
  password?: string
}
/** One issuer of tokens. May carry the tag `!<authServerAlias>`, as in the product's own files. */
export interface AuthServer {
  id?: string
  name: string
  description?: string
  type?: 'authServerAlias'
  localIntrospectionConfig: LocalIntrospection
  remoteIntrospectionConfig?: RemoteIntrospection
  tokenGeneratorConfig?: TokenGenerator
  scopes: {
    name: string
    description?: string
  }[]
}
/** How tokens of this issuer are verified here, without asking anybody. */
export interface LocalIntrospection {
  issuer?: string
  jwksuri?: string
  jwks_file?: string
  trustStoreAlias?: string
  certificateAlias?: string
  audience?: string | string[]
  algorithms?: ('RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA')[]
  clock_skew: string
  require_exp: boolean
  allow_http: boolean
  jwks: Jwks
  tls?: OutgoingTls
  discovery_url?: string
}
/** How long fetched keys are used, and how often they are fetched. */
export interface Jwks {
  max_age: string
  min_age: string
  max_stale: string
  cooldown: string
  fetch_timeout: string
  max_bytes: string
}
/**
 * Own trust and client certificate for calls over TLS; without it the system's authorities and the host of the URL count, and no certificate of ours is shown.
 */
export interface OutgoingTls {
  trustStoreAlias?: string
  keyStoreAlias?: string
  keyAlias?: string
  server_name?: string
  verify: boolean
}
/**
 * What tokens of this auth server are good for is asked at its endpoint, one by one (RFC 7662). For the rule `oauth2`.
 */
export interface RemoteIntrospection {
  introspectionEndpoint: string
  clientId?: string
  clientSecret?: string
  client_authentication: 'basic' | 'post' | 'private_key_jwt' | 'tls'
  keyStoreAlias?: string
  keyAlias?: string
  cache: string
  inactive_cache: string
  timeout: string
  max_bytes: string
  signed_answers: 'if_sent' | 'required'
  allow_http: boolean
  tls?: OutgoingTls
}
/** Makes this gateway the issuer of tokens. */
export interface TokenGenerator {
  algorithm: 'RS256' | 'RS384' | 'RS512' | 'ES256' | 'EdDSA'
  expiry: number
  audience?: string
  keyStoreAlias?: string
  keyAlias?: string
}
/**
 * Tokens of one issuer that are refused although they are valid: one token by its `jti`, or all that have a claim and were issued before a time.
 */
export interface Revocation {
  auth_server: string
  jti?: string
  exp?: number
  claim?: string
  value?: string | number | boolean
  before?: string
  until?: string
}
/**
 * A deny list that is fetched again and again: the JSON document `{ "revocations": [ … ] }` with entries as under `revocations`. The last good one stays in force; until one was had, on disk or from its address, tokens get 503.
 */
export interface RevocationList {
  url: string
  interval: string
  timeout: string
  max_bytes: string
  allow_http: boolean
}
/** A known caller: how it is recognised, and what it may call. */
export interface Application {
  id?: string
  name: string
  description?: string
  owner?: string
  tier?: string
  suspended: boolean
  apis: string[]
  auth_servers?: string[]
  identifiers: {
    claim_sets: {
      [k: string]: string | number | boolean | (string | number | boolean)[]
    }[]
    api_keys: string[]
    client_ids: string[]
    users: string[]
    host_names: string[]
    ip_ranges: string[]
    client_certificates: {
      fingerprint?: string
      san?: string
      subject?: string
    }[]
  }
  strategies: Strategy[]
  client?: unknown
}
/** A shared secret for tokens signed with HMAC. A token that it verifies names this application and no other. */
export interface Strategy {
  name: string
  type: 'JWT_HSA'
  authServerAlias: string
  algorithm: 'HS256' | 'HS384' | 'HS512'
  secret: string
  audience?: string
}
/** Routes that need a scope. */
export interface ScopeMapping {
  scope: string
  apis: string[]
  routes: string[]
}
/** A service behind this gateway. */
export interface Api {
  name: string
  version?: string
  description?: string
  base_path?: string
  hosts: string[]
  active: boolean
  open: boolean
  close_on_expiry: boolean
  upstream: Upstream
  policies: Policy[]
  routes: Route[]
}
/** One policy: its kind, and its settings. */
export interface Policy {
  protocols?: Protocols
  identify_and_authorize?: IdentifyAndAuthorize
  jwt?: Jwt
  allow_anonymous?: AllowAnonymous
  outbound_authentication?: OutboundAuthentication
  backend_jwt?: unknown
  claim_headers?: unknown
  require_scopes?: RequireScopes
  require?: Require
}
/**
 * Who is calling, and may that application call? A credential that is presented and invalid refuses the call, whatever other rules say.
 */
export interface IdentifyAndAuthorize {
  condition: 'or' | 'and'
  allow_anonymous: boolean
  rules: IdentificationRule[]
}
/** One way to recognise the caller, and which applications count. */
export interface IdentificationRule {
  jwt?: {
    auth_servers?: string[]
    audience: 'if_present' | 'required' | 'off'
    dpop: 'off' | 'if_bound' | 'required'
    dpop_algorithms: (
      'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA'
    )[]
    dpop_max_age: string
    dpop_nonce: boolean
  }
  oauth2?: {
    auth_servers?: string[]
    audience: 'if_present' | 'required' | 'off'
    accept_jwt: boolean
  }
  api_key?: {
    header: string
  }
  http_basic?: Record<string, never>
  host_name?: Record<string, never>
  ip_range?: Record<string, never>
  client_certificate?: Record<string, never>
  applications: 'registered' | 'global' | 'global_or_default' | 'none'
}
/**
 * What the service gets of the caller's credentials. Without this policy the bearer token is passed on; consumed API keys and passwords never are.
 */
export interface OutboundAuthentication {
  scheme: 'jwt' | 'basic' | 'oauth2' | 'api_key' | 'none'
  mode: 'incoming' | 'new' | 'exchange' | 'strip'
}
/** Scopes that the token must carry: any of them, or all. */
export interface RequireScopes {
  any?: string[]
  all?: string[]
}
/** A method and a path template, with policies of its own. */
export interface Route {
  match: string
  description?: string
  open: boolean
  policies: Policy[]
}
/** How refusals are written. */
export interface Faults {
  format: 'problem' | 'exception'
}
/** Switches with the product's own names. */
export interface ExtendedSettings {
  pg_JWT_isHTTPS: boolean
}
/** What is logged. */
export interface Logging {
  level: 'error' | 'warn' | 'info' | 'debug' | 'trace'
  access_log: 'json' | 'combined' | 'off'
}
