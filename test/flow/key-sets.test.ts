/** Key sets from a real key server: real fetches, real tokens, switchable faults. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { KeySource } from '../../src/keys/key-source.ts'
import { createKeySource } from '../../src/keys/origin.ts'
import { createDocumentFetcher } from '../../src/outbound/fetch-document.ts'
import type { JwksSettings } from '../../src/settings/model.ts'
import { NO_REVOCATIONS } from '../../src/tokens/revocations.ts'
import { createVerifiedTokenCache } from '../../src/tokens/verified-cache.ts'
import { createTokenVerifier, type TokenVerifier } from '../../src/tokens/verify.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { type KeyServer, type KeyServerMode, startKeyServer } from '../support/key-server.ts'
import { createSilentLogger } from '../support/silent-logger.ts'

const JWKS: JwksSettings = {
  maxAgeMs: 600_000,
  minAgeMs: 10_000,
  maxStaleMs: 86_400_000,
  cooldownMs: 30_000,
  fetchTimeoutMs: 150,
  maxBytes: 100_000,
}
const ALGORITHMS = ['RS256', 'PS512', 'ES384', 'EdDSA'] as const

let server: KeyServer
let clock: TestClock
let source: KeySource
let verifier: TokenVerifier

beforeEach(async () => {
  server = await startKeyServer({ algorithms: ALGORITHMS })
  clock = createTestClock(Date.now())
})

afterEach(async () => {
  await source.close()
  await server.close()
})

function start(): void {
  const keys = { kind: 'jwksUri', uri: server.jwksUri, jwks: JWKS, pointer: '' } as const
  const settings = {
    ...{ name: 'idp', id: undefined, description: undefined, issuer: server.issuer, keys, audience: [], scopes: [] },
    ...{ algorithms: undefined, clockSkewSeconds: 30, requireExp: true, tokenGenerator: undefined, pointer: '' },
  }
  const fetchDocument = createDocumentFetcher()
  source = createKeySource(settings, { clock, logger: createSilentLogger(), fetchDocument, schedule: clock.schedule })
  verifier = createTokenVerifier(
    { servers: [{ ...settings, keys: source }], hmacCandidates: () => [], maxTokenBytes: 8192 },
    { clock, cache: createVerifiedTokenCache(), revocations: NO_REVOCATIONS },
  )
}

/** Signs by the time of the test's clock. */
function sign(claims = {}, key = server.keys.at(-1)): Promise<string> {
  return server.sign(claims, { now: clock.seconds(), ...(key === undefined ? {} : { key }) })
}

async function verdictOn(compact: string): Promise<string> {
  const result = await verifier.verify(compact, clock.now())
  return result.ok ? 'verified' : result.error.code
}

/** Moves the clock until a fetch begins, and waits for its end. */
async function refresh(): Promise<void> {
  const seen = server.requests + 1
  clock.advance(600_000)
  await server.requested(seen)
  // An unknown kid waits for the fetch in flight.
  await source.candidates('RS256', 'nobody')
}

test('a token of every kind of key verifies, and the first request waits for the first fetch', async () => {
  start()
  for (const key of server.keys) assert.equal(await verdictOn(await sign({}, key)), 'verified')
  assert.equal(server.requests, 1)
})

test('a rotated key is found by the first token that names it', async () => {
  start()
  await source.settled()
  const old = await sign()
  assert.equal(await verdictOn(old), 'verified')
  server.rotate('ES256')
  assert.equal(await verdictOn(await sign()), 'verified')
  assert.equal(await verdictOn(old), 'token.key_unknown')
  assert.equal(server.requests, 2)
})

for (const mode of [
  'status500',
  'hang',
  'html',
  'huge',
  'garbage',
  'empty',
  'redirect',
  'cut',
] as const satisfies readonly KeyServerMode[]) {
  test(`F3: while the key server answers with ${mode}, known keys go on verifying and unknown ones are 503`, async () => {
    start()
    await source.settled()
    server.mode = mode
    await refresh()
    assert.ok(source.status().lastFailure)
    assert.equal(await verdictOn(await sign()), 'verified')
    server.rotate()
    assert.equal(await verdictOn(await sign()), 'keys.unavailable')
    server.mode = 'ok'
    await refresh()
    assert.equal(await verdictOn(await sign()), 'verified')
  })

  test(`a key server that answers with ${mode} from the start is 503`, async () => {
    server.mode = mode
    start()
    assert.equal(await verdictOn(await sign()), 'keys.unavailable')
  })
}

test('a slow key server is waited for, by all who need it together', async () => {
  server.mode = 'slow'
  server.slowMs = 50
  start()
  const tokens = await Promise.all(server.keys.map(key => sign({}, key)))
  assert.deepEqual(new Set(await Promise.all(tokens.map(verdictOn))), new Set(['verified']))
  assert.equal(server.requests, 1)
})

test('Cache-Control of the key server shortens the age of the set', async () => {
  server.cacheControl = 'public, max-age=60'
  start()
  await source.settled()
  clock.advance(50_000)
  await server.requested(2)
})
