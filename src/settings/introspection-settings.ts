import type { Secret } from './secret.ts'
import type { OutgoingTlsSettings } from './upstream-settings.ts'

/** Where an auth server is asked about tokens (RFC 7662), and for how long its answers are used. */
export interface RemoteIntrospectionSettings {
  readonly endpoint: string
  readonly client: IntrospectionClientSettings
  readonly cacheMs: number
  readonly inactiveCacheMs: number
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signedAnswers: 'if_sent' | 'required'
  /** Undefined: the system's authorities, and no certificate of ours. */
  readonly tls: OutgoingTlsSettings | undefined
  readonly pointer: string
}

/** How we say at an introspection endpoint who we are. */
export type IntrospectionClientSettings =
  | { readonly kind: 'basic' | 'post'; readonly clientId: string; readonly clientSecret: Secret }
  /** Undefined alias: the keystore's only entry. */
  | {
      readonly kind: 'private_key_jwt'
      readonly clientId: string
      readonly keystore: string
      readonly keyAlias: string | undefined
    }
  /** By the client certificate of `tls`. */
  | { readonly kind: 'tls'; readonly clientId: string }
  | { readonly kind: 'none' }
