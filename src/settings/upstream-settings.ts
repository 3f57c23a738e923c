/** Where the calls of an API go, resolved: a part of `model.ts`, and like it plain, readonly and complete. */
export type UpstreamSettings = { readonly kind: 'echo' } | HttpUpstreamSettings

export interface HttpUpstreamSettings {
  readonly kind: 'http'
  /** Absolute http(s) URLs, path without trailing slash. */
  readonly targets: readonly string[]
  readonly balance: 'round_robin' | 'least_requests' | 'consistent_hash'
  readonly hashOn: HashKey
  readonly stripBasePath: boolean
  readonly connectTimeoutMs: number
  readonly responseTimeoutMs: number
  /** Longest silence within an answer or a tunnel. */
  readonly idleTimeoutMs: number
  /** Longest duration of one answer or tunnel. */
  readonly streamTimeoutMs: number
  /** To one target. */
  readonly maxConnections: number
  /** Requests that wait for a connection to one target. */
  readonly maxPending: number
  readonly retry: { readonly attempts: number; readonly budgetPercent: number }
  readonly healthCheck: HealthCheckSettings | undefined
  readonly outliers: OutlierSettings
  readonly circuitBreaker: CircuitBreakerSettings | undefined
  readonly protocol: 'http1' | 'http2'
  /** For `https` targets. Undefined: the system's authorities, the target's host name, no certificate of ours. */
  readonly tls?: OutgoingTlsSettings | undefined
  readonly pointer: string
}

/** How a TLS server that we call is verified, and what we show it. */
export interface OutgoingTlsSettings {
  /** Name of the truststore whose certificates are trusted instead of the system's. */
  readonly trustStoreAlias: string | undefined
  /** Name of the keystore with our client certificate. */
  readonly keyStoreAlias: string | undefined
  /** Undefined: the keystore's only entry. */
  readonly keyAlias: string | undefined
  /** Name that is asked for (SNI) and that the certificate must serve. Undefined: the host of the URL. */
  readonly serverName: string | undefined
  /** False: whoever answers is believed. */
  readonly verify: boolean
  readonly pointer: string
}

/** What `consistent_hash` keeps together. */
export type HashKey =
  | { readonly kind: 'client_address' | 'application' | 'subject' }
  /** Lower case. */
  | { readonly kind: 'header'; readonly name: string }

export interface HealthCheckSettings {
  /** From the root of the target's origin. */
  readonly path: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly unhealthyAfter: number
  readonly healthyAfter: number
  /** Inclusive. */
  readonly statusFrom: number
  readonly statusTo: number
}

export interface OutlierSettings {
  /** Failures in a row; 0: never ejected. */
  readonly failures: number
  readonly ejectionMs: number
  readonly maxEjectedPercent: number
  readonly slowReturnMs: number
}

export interface CircuitBreakerSettings {
  readonly failureRatioPercent: number
  readonly minRequests: number
  readonly windowMs: number
  readonly openForMs: number
}
