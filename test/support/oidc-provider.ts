/**
 * A real OpenID provider, made of the library `oidc-provider`, on the loopback interface: another party's reading of the standards. It
 * stays at its address when it is stopped and started again, with the same or with other keys, and forgets no token by that.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'
import { type Adapter, type Configuration, Provider, type ResourceServerInfo } from 'oidc-provider'
import { send } from './call.ts'
import type { Cleanup } from './command.ts'
import { makeProof } from './dpop.ts'
import { createTestKey, type TestKey } from './test-key.ts'

/** Has a character that Basic and forms write differently. */
export const CLIENT_SECRET = 'a secret:of+our/own%tests-0123456789'
const TOKEN_LIFETIME_SECONDS = 300
const SCOPES = ['orders:read', 'orders:write']

/** What to ask a token for. */
export interface TokenPlan {
  /** Who asks; `billing-batch` by default, `shipping-batch` is another one. */
  readonly client?: string
  /** `jwt` by default. */
  readonly format?: 'jwt' | 'opaque'
  /** `orders` by default. */
  readonly audience?: string
  /** `orders:read` by default. */
  readonly scope?: string
  /** Which published key signs; the first by default. */
  readonly key?: TestKey
  /** Binds the token to a key of the caller (RFC 9449). */
  readonly proof?: TestKey
}

export interface OpenIdProvider {
  /** `http://127.0.0.1:port`. */
  readonly issuer: string
  readonly discoveryUrl: string
  readonly introspectionEndpoint: string
  /** Keys of the set that it publishes, in its order. */
  readonly keys: readonly TestKey[]
  /** Number of requests for this path so far: `/jwks`, `/token/introspection`, … */
  requests(path: string): number
  /** Gets an access token, by the grant of client credentials. */
  issue(plan?: TokenPlan): Promise<string>
  /** Revokes an opaque token (RFC 7009). */
  revoke(token: string): Promise<void>
  /** Goes away: nobody listens at its address any more. */
  stop(): Promise<void>
  /** Comes back at its address, with these keys or with those that it had. */
  start(keys?: readonly TestKey[]): Promise<void>
}

export interface ProviderPlan {
  /** Keys to publish; one of ES256 by default. */
  readonly keys?: readonly TestKey[]
  /** The public JWK that the assertions of the client `gateway-key` are verified with; it is looked up by its `kid`. */
  readonly assertionKey?: JWK
}

/** Starts a provider on a free port; it ends with the test. */
export async function startOpenIdProvider(t: Cleanup, plan: ProviderPlan = {}): Promise<OpenIdProvider> {
  const kept: Kept = new Map()
  const requests = new Map<string, number>()
  let keys = plan.keys ?? [createTestKey('ES256')]
  let server: Server | undefined

  const serve = async (port: number): Promise<AddressInfo> => {
    const opened = createServer()
    opened.listen(port, '127.0.0.1')
    await once(opened, 'listening')
    const address = opened.address() as AddressInfo
    const handle = openProvider(`http://127.0.0.1:${address.port}`, keys, kept, plan.assertionKey)
    opened.on('request', (request, response) => {
      const [path = ''] = (request.url ?? '').split('?')
      requests.set(path, (requests.get(path) ?? 0) + 1)
      handle(request, response)
    })
    server = opened
    return address
  }

  const stop = async (): Promise<void> => {
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    server = undefined
    await closed
  }

  const { port } = await serve(0)
  t.after(stop)
  const issuer = `http://127.0.0.1:${port}`
  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    introspectionEndpoint: `${issuer}/token/introspection`,
    get keys() {
      return keys
    },
    requests: path => requests.get(path) ?? 0,
    async issue({ client = 'billing-batch', format = 'jwt', audience = 'orders', ...rest } = {}) {
      const { key = keys[0], scope = 'orders:read', proof } = rest
      const resource = ['urn', format, audience, ...(format === 'jwt' ? [key?.kid ?? ''] : [])].join(':')
      // Asking for a token, a proof has no `ath`.
      const made =
        proof &&
        (await makeProof(proof, { method: 'POST', htu: `${issuer}/token`, token: '', claims: { ath: undefined } }))
      const form = { grant_type: 'client_credentials', resource, scope }
      const answer = await post(issuer, '/token', client, form, made === undefined ? [] : ['DPoP', made])
      const token = (JSON.parse(answer) as { readonly access_token?: unknown }).access_token
      if (typeof token !== 'string') throw new Error(`no token: ${answer}`)
      return token
    },
    async revoke(token) {
      await post(issuer, '/token/revocation', 'billing-batch', { token })
    },
    stop,
    async start(changed = keys) {
      keys = changed
      await serve(port)
    },
  }
}

/** Sends a form over a connection of its own, so that none is left when the provider stops. */
async function post(
  origin: string,
  path: string,
  client: string,
  form: Readonly<Record<string, string>>,
  lines: readonly string[] = [],
): Promise<string> {
  const answer = await send(origin, {
    method: 'POST',
    path,
    basic: [client, CLIENT_SECRET].map(encodeURIComponent).join(':'),
    lines: ['Content-Type', 'application/x-www-form-urlencoded', ...lines],
    body: new URLSearchParams(form).toString(),
  })
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`)
  return answer.body
}

/** What outlives a stop of the provider: its tokens, by kind and ID. */
type Kept = Map<string, object>

function openProvider(
  issuer: string,
  keys: readonly TestKey[],
  kept: Kept,
  assertionKey: JWK | undefined,
): ReturnType<Provider['callback']> {
  const provider = new Provider(issuer, configure(keys, kept, assertionKey))
  provider.on('server_error', (_context, error) => console.error(error))
  return provider.callback()
}

function configure(keys: readonly TestKey[], kept: Kept, assertionKey: JWK | undefined): Configuration {
  const alg = keys[0]?.alg
  const ours = {
    grant_types: [],
    redirect_uris: [],
    response_types: [],
    client_secret: CLIENT_SECRET,
    id_token_signed_response_alg: alg,
    introspection_signed_response_alg: alg,
  }
  const caller = { ...ours, grant_types: ['client_credentials'], scope: SCOPES.join(' ') }
  const assertion = { keys: assertionKey === undefined ? [] : [assertionKey] }
  return {
    adapter: kind => openAdapter(kind, kept),
    jwks: { keys: keys.map(({ privateKey, jwk }) => ({ ...privateKey.export({ format: 'jwk' }), ...jwk })) },
    scopes: SCOPES,
    cookies: { keys: ['no cookie is ever set'] },
    ttl: { ClientCredentials: TOKEN_LIFETIME_SECONDS },
    clients: [
      { ...caller, client_id: 'billing-batch' },
      { ...caller, client_id: 'shipping-batch' },
      { ...ours, client_id: 'gateway', token_endpoint_auth_method: 'client_secret_basic' },
      { ...ours, client_id: 'gateway-post', token_endpoint_auth_method: 'client_secret_post' },
      { ...ours, client_id: 'gateway-key', token_endpoint_auth_method: 'private_key_jwt', jwks: assertion },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => describeResource(resource, keys),
      },
    },
  }
}

/** Reads `urn:jwt:AUDIENCE:KID` or `urn:opaque:AUDIENCE`. */
function describeResource(resource: string, keys: readonly TestKey[]): ResourceServerInfo {
  const [, format, audience = '', kid] = resource.split(':')
  const key = keys.find(each => each.kid === kid)
  return {
    audience,
    scope: SCOPES.join(' '),
    accessTokenFormat: format === 'jwt' ? 'jwt' : 'opaque',
    accessTokenTTL: TOKEN_LIFETIME_SECONDS,
    ...(key !== undefined && { jwt: { sign: { alg: key.alg, kid: key.kid } } }),
  }
}

function openAdapter(kind: string, kept: Kept): Adapter {
  const nameOf = (id: string): string => `${kind} ${id}`
  const nothing = (): Promise<undefined> => Promise.resolve(undefined)
  return {
    async upsert(id, payload) {
      kept.set(nameOf(id), payload)
    },
    find: async id => kept.get(nameOf(id)),
    async destroy(id) {
      kept.delete(nameOf(id))
    },
    findByUid: nothing,
    findByUserCode: nothing,
    consume: nothing,
    revokeByGrantId: nothing,
  }
}
