/** A real key server on the loopback interface, with faults that a test can switch on, and its own tokens. */
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type AsymmetricName, createTestKey, type TestKey } from './test-key.ts'

/**
 * How the server answers: `ok`; `status500`; `hang` (takes the request, never answers); `html` (200 with a page); `huge`
 * (endless JSON); `garbage` (a key set without one usable key); `slow` (right, but after `slowMs`); `redirect` (302 to
 * the right answer); `cut` (the connection breaks inside the body); `empty` (a key set without keys).
 */
export type KeyServerMode =
  | 'ok'
  | 'status500'
  | 'hang'
  | 'html'
  | 'huge'
  | 'garbage'
  | 'slow'
  | 'redirect'
  | 'cut'
  | 'empty'

export interface KeyServer {
  /** `http://127.0.0.1:port`; also the `iss` of its tokens. */
  readonly issuer: string
  readonly jwksUri: string
  /** Number of requests for the key set so far. */
  readonly requests: number
  /** Keys that the set publishes now, newest last. */
  readonly keys: readonly TestKey[]
  /** Mode of the answers from now on; answers that hang go on hanging. */
  mode: KeyServerMode
  /** Value of `Cache-Control`, if any. */
  cacheControl: string | undefined
  /** Delay of the mode `slow`. 200 by default. */
  slowMs: number
  /** Replaces the published JWKs word for word; undefined publishes `keys` again. */
  document: unknown
  /** Sends an ETag, and 304 to whoever has it. */
  tagged: boolean
  /** Number of 304s so far. */
  readonly unchanged: number
  readonly discoveryUrl: string
  /** Replaces the discovery document; undefined serves one that names `issuer` and `jwksUri`. */
  discovery: unknown
  discoveryMode: 'ok' | 'status500' | 'html' | 'redirect'
  /** Publishes one more key. */
  addKey(alg?: AsymmetricName, options?: { readonly kid?: string }): TestKey
  /** Publishes a key made elsewhere. */
  publish(key: TestKey): void
  /** Takes a key out of the set. */
  removeKey(kid: string): void
  /** Publishes a new key in place of all the others. */
  rotate(alg?: AsymmetricName): TestKey
  /**
   * Signs with the newest key (or `key`). Claims default to `iss`, `iat` now and `exp` in five minutes by the system's
   * clock; a claim that is undefined is left out.
   */
  sign(claims?: Readonly<Record<string, unknown>>, options?: SignOptions): Promise<string>
  /** Resolves when the number of requests has reached `count`. */
  requested(count: number): Promise<void>
  close(): Promise<void>
}

export interface SignOptions {
  readonly key?: TestKey
  readonly header?: Readonly<Record<string, unknown>>
  /** Seconds since the epoch that count as now. */
  readonly now?: number
}

const DISCOVERY_PATH = '/.well-known/openid-configuration'

/** Starts a key server on a free port, with one key of each algorithm (`['ES256']` by default). */
export async function startKeyServer(
  options: { readonly algorithms?: readonly AsymmetricName[] } = {},
): Promise<KeyServer> {
  let keys: TestKey[] = (options.algorithms ?? ['ES256']).map(alg => createTestKey(alg))
  let requests = 0
  let waiting: { readonly count: number; readonly resolve: () => void }[] = []

  let unchanged = 0

  const discover = (response: ServerResponse): void => {
    const { issuer, jwksUri: jwks_uri } = server
    const document = JSON.stringify(server.discovery ?? { issuer, jwks_uri })
    if (server.discoveryMode === 'status500') response.writeHead(500).end(document)
    else if (server.discoveryMode === 'redirect') response.writeHead(302, { location: '/elsewhere' }).end()
    else response.end(server.discoveryMode === 'html' ? '<!doctype html><title>Sign in</title>' : document)
  }

  const http = createServer((request, response) => {
    if (request.url === DISCOVERY_PATH) {
      discover(response)
      return
    }
    if (request.url !== '/jwks') {
      response.writeHead(request.url === '/moved' ? 200 : 404).end(keySet())
      return
    }
    requests += 1
    for (const waiter of waiting) if (waiter.count <= requests) waiter.resolve()
    waiting = waiting.filter(waiter => waiter.count > requests)
    const tag = `"${createHash('sha256').update(keySet()).digest('hex')}"`
    if (server.tagged) response.setHeader('etag', tag)
    if (server.tagged && server.mode === 'ok' && request.headers['if-none-match'] === tag) {
      unchanged += 1
      response.writeHead(304).end()
    } else void answer(server.mode, response)
  })

  const keySet = (): string => JSON.stringify(server.document ?? { keys: keys.map(key => key.jwk) })

  const answer = async (mode: KeyServerMode, response: ServerResponse): Promise<void> => {
    if (mode === 'hang') return
    if (mode === 'slow') await wait(server.slowMs, undefined, { ref: false })
    if (server.cacheControl !== undefined) response.setHeader('cache-control', server.cacheControl)
    response.setHeader('content-type', mode === 'html' ? 'text/html' : 'application/json')
    if (mode === 'status500') response.writeHead(500).end('{"error":"down"}')
    else if (mode === 'html') response.end('<!doctype html><title>Sign in</title>')
    else if (mode === 'redirect') response.writeHead(302, { location: '/moved' }).end()
    else if (mode === 'empty') response.end('{"keys":[]}')
    else if (mode === 'garbage')
      response.end('{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"c2VjcmV0"},7]}')
    else if (mode === 'huge') sendForEver(response)
    else if (mode === 'cut') {
      response.setHeader('content-length', '20000')
      response.write(keySet().slice(0, 20), () => response.destroy())
    } else response.end(keySet())
  }

  const server: KeyServer = {
    issuer: '',
    jwksUri: '',
    get requests() {
      return requests
    },
    get keys() {
      return keys
    },
    mode: 'ok',
    cacheControl: undefined,
    slowMs: 200,
    document: undefined,
    tagged: false,
    get unchanged() {
      return unchanged
    },
    discoveryUrl: '',
    discovery: undefined,
    discoveryMode: 'ok',
    addKey(alg = 'ES256', keyOptions = {}) {
      const key = createTestKey(alg, keyOptions)
      keys.push(key)
      return key
    },
    publish(key) {
      keys.push(key)
    },
    removeKey(kid) {
      keys = keys.filter(key => key.kid !== kid)
    },
    rotate(alg = 'ES256') {
      keys = [createTestKey(alg)]
      return keys[0] as TestKey
    },
    sign(claims = {}, { key = keys.at(-1), header = {}, now = Math.floor(Date.now() / 1000) } = {}) {
      if (key === undefined) throw new Error('the key server has no key')
      return key.sign({ iss: server.issuer, iat: now, exp: now + 300, ...claims }, header)
    },
    requested(count) {
      if (requests >= count) return Promise.resolve()
      return new Promise(resolve => waiting.push({ count, resolve }))
    },
    async close() {
      const closed = new Promise(resolve => http.close(resolve))
      http.closeAllConnections()
      await closed
    },
  }

  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return Object.defineProperties(server, {
    issuer: { value: issuer },
    jwksUri: { value: `${issuer}/jwks` },
    discoveryUrl: { value: `${issuer}${DISCOVERY_PATH}` },
  })
}

/** Sends a JSON text that does not end, as fast as the other side takes it, until the connection is closed. */
function sendForEver(response: ServerResponse): void {
  const chunk = ' '.repeat(65_536)
  const push = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', push)
  response.on('error', () => {})
  response.write('{"keys":[')
  push()
}
