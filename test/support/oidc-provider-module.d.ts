/** What our tests use of `oidc-provider`, which comes without types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  /** Keeps what the provider must not forget; a factory makes one for each kind. */
  export interface Adapter {
    upsert(id: string, payload: object): Promise<void>
    find(id: string): Promise<object | undefined>
    findByUid(uid: string): Promise<object | undefined>
    findByUserCode(userCode: string): Promise<object | undefined>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }

  /** What an access token for a resource is like. */
  export interface ResourceServerInfo {
    readonly audience: string
    readonly scope: string
    readonly accessTokenFormat: 'jwt' | 'opaque'
    readonly accessTokenTTL: number
    readonly jwt?: { readonly sign: { readonly alg: string; readonly kid: string } }
  }

  export interface Configuration {
    readonly adapter: (kind: string) => Adapter
    readonly clients: readonly Readonly<Record<string, unknown>>[]
    readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
    readonly scopes: readonly string[]
    readonly cookies: { readonly keys: readonly string[] }
    readonly features: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    readonly ttl: Readonly<Record<string, number>>
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration)
    callback(): RequestListener
    on(event: 'server_error', listen: (context: unknown, error: Error) => void): this
  }
}
