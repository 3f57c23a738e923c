import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { createJwksUriSource } from '../../../src/keys/jwks-uri.ts'
import type { KeyCandidates, KeySource } from '../../../src/keys/key-source.ts'
import type { FetchedDocument, FetchLimits } from '../../../src/outbound/fetch-document.ts'
import type { JwksSettings } from '../../../src/settings/model.ts'
import { createTestClock, type TestClock } from '../../support/clock.ts'
import { createSilentLogger, type SilentLogger } from '../../support/silent-logger.ts'
import { createTestKey, type TestKey } from '../../support/test-key.ts'

const JWKS: JwksSettings = {
  maxAgeMs: 600_000,
  minAgeMs: 10_000,
  maxStaleMs: 86_400_000,
  cooldownMs: 30_000,
  fetchTimeoutMs: 2_000,
  maxBytes: 1_000_000,
}
const [A, B, C] = [createTestKey('ES256'), createTestKey('ES256'), createTestKey('ES256')]

/** A source on a clock that the test moves, and an issuer whose answers the test gives. */
interface Bench {
  readonly source: KeySource
  readonly clock: TestClock
  readonly logger: SilentLogger
  readonly calls: readonly { readonly uri: string; readonly limits: FetchLimits }[]
  /** Answers from now on at once; undefined lets calls wait for `reply`. */
  answer: FetchedDocument | undefined
  /** Answers the calls that wait. */
  reply(document: FetchedDocument): Promise<void>
}

function createBench(
  options: { readonly jwks?: Partial<JwksSettings>; readonly answer?: FetchedDocument | undefined } = {},
): Bench {
  const clock = createTestClock()
  const logger = createSilentLogger()
  const calls: { uri: string; limits: FetchLimits }[] = []
  let waiting: ((document: FetchedDocument) => void)[] = []
  const bench = {
    answer: 'answer' in options ? options.answer : setOf(A),
    async reply(document: FetchedDocument) {
      const resolvers = waiting
      waiting = []
      for (const resolve of resolvers) resolve(document)
      await settle()
    },
  }
  const source = createJwksUriSource(
    'staff',
    { kind: 'jwksUri', uri: 'https://idp.example/jwks', jwks: { ...JWKS, ...options.jwks }, pointer: '' },
    {
      clock,
      logger,
      random: () => 0,
      schedule: clock.schedule,
      fetchDocument(uri, limits) {
        calls.push({ uri, limits })
        if (bench.answer !== undefined) return Promise.resolve(bench.answer)
        return new Promise(resolve => waiting.push(resolve))
      },
    },
  )
  return Object.assign(bench, { source, clock, logger, calls })
}

function setOf(...keys: readonly TestKey[]): FetchedDocument {
  return documentOf(JSON.stringify({ keys: keys.map(key => key.jwk) }))
}

function documentOf(text: string, fields: readonly (readonly [string, string])[] = []): FetchedDocument {
  return { ok: true, status: 200, body: Buffer.from(text), fields: new Map(fields) }
}

const DOWN: FetchedDocument = { ok: false, reason: 'status 500' }

function describe(result: KeyCandidates): string {
  if (!result.ok) return `${result.error.code} ${result.error.retryAfterSeconds}`
  return `${result.value.length} key`
}

/** Asks for a key and tells whether the answer came at once. */
async function ask(source: KeySource, key: TestKey | string): Promise<string> {
  const result = source.candidates('ES256', typeof key === 'string' ? key : key.kid)
  return result instanceof Promise ? `waited: ${describe(await result)}` : describe(result)
}

async function createReadyBench(jwks: Partial<JwksSettings> = {}): Promise<Bench> {
  const bench = createBench({ jwks })
  await bench.source.settled()
  return bench
}

test('the first fetch begins at once and nobody waits for it but requests', async () => {
  const bench = createBench({ answer: undefined })
  assert.equal(bench.calls.length, 1)
  assert.deepEqual(bench.source.status(), {
    origin: 'jwksUri',
    keys: 0,
    fetchedAt: undefined,
    stale: false,
    lastFailure: undefined,
    settled: false,
  })
  const asked = [ask(bench.source, A), ask(bench.source, A), ask(bench.source, 'nope')]
  await bench.reply(setOf(A))
  assert.deepEqual(await Promise.all(asked), ['waited: 1 key', 'waited: 1 key', 'waited: 0 key'])
  assert.equal(bench.calls.length, 1)
  assert.deepEqual([bench.source.status().settled, bench.source.status().keys], [true, 1])
})

test('a fetch is bounded in time and size by the settings', () => {
  const { limits } = createBench().calls[0] ?? assert.fail()
  assert.deepEqual([limits.timeoutMs, limits.maxBytes], [2_000, 1_000_000])
  assert.match(limits.accept, /jwk-set\+json/)
})

test('a known kid is answered at once, also while a fetch is in flight', async () => {
  const bench = await createReadyBench()
  bench.answer = undefined
  bench.clock.advance(300_000)
  assert.equal(bench.calls.length, 2)
  assert.equal(await ask(bench.source, A), '1 key')
})

test('the set is refreshed in the background at half to four fifths of its age', async () => {
  const bench = await createReadyBench()
  bench.clock.advance(299_999)
  assert.equal(bench.calls.length, 1)
  bench.clock.advance(1)
  assert.equal(bench.calls.length, 2)
  await settle()
  bench.clock.advance(300_000)
  assert.equal(bench.calls.length, 3)
})

test('Cache-Control moves the refresh, within its bounds', async () => {
  const text = JSON.stringify({ keys: [A.jwk] })
  for (const [maxAge, refreshMs] of [
    ['60', 30_000],
    ['1', 5_000],
    ['99999', 300_000],
  ] as const) {
    const bench = createBench({ answer: documentOf(text, [['cache-control', `max-age=${maxAge}`]]) })
    await bench.source.settled()
    bench.clock.advance(refreshMs - 1)
    assert.equal(bench.calls.length, 1)
    bench.clock.advance(1)
    assert.equal(bench.calls.length, 2)
  }
})

test('a rotated key is found by its unknown kid, one fetch for all who ask', async () => {
  const bench = await createReadyBench()
  bench.answer = undefined
  const asked = Array.from({ length: 100 }, () => ask(bench.source, B))
  assert.equal(bench.calls.length, 2)
  await bench.reply(setOf(A, B))
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(['waited: 1 key']))
  assert.equal(await ask(bench.source, B), '1 key')
})

test('F4: unknown kids cause at most one fetch per cool-down, however many there are', async () => {
  const bench = await createReadyBench()
  assert.equal(await ask(bench.source, 'kid-0'), 'waited: 0 key')
  for (let i = 1; i <= 1000; i++) assert.equal(await ask(bench.source, `kid-${i}`), '0 key')
  assert.equal(bench.calls.length, 2)
  bench.clock.advance(29_999)
  assert.equal(await ask(bench.source, 'kid'), '0 key')
  bench.clock.advance(1)
  assert.equal(await ask(bench.source, 'kid'), 'waited: 0 key')
  assert.equal(bench.calls.length, 3)
})

test('a kid that is there with another algorithm is known: no fetch for it', async () => {
  const bench = await createReadyBench()
  assert.deepEqual(bench.source.candidates('RS256', A.kid), { ok: true, value: [] })
  assert.equal(bench.calls.length, 1)
})

test('still unknown is 503 where the last fetch failed, and the cool-down holds while fetches fail', async () => {
  const bench = await createReadyBench()
  bench.answer = DOWN
  assert.equal(await ask(bench.source, B), 'waited: keys.unavailable 1')
  for (let i = 0; i < 100; i++) assert.equal(await ask(bench.source, B), 'keys.unavailable 1')
  assert.equal(bench.calls.length, 2)
  assert.equal(await ask(bench.source, A), '1 key')
})

test('an issuer that was never reached is 503 with Retry-After, and never the caller’s 401', async () => {
  const bench = createBench({ answer: DOWN })
  await bench.source.settled()
  assert.deepEqual([bench.source.status().settled, bench.source.status().lastFailure], [true, 'status 500'])
  assert.equal(await ask(bench.source, A), 'waited: keys.unavailable 2')
  assert.equal(await ask(bench.source, A), 'keys.unavailable 2')
  bench.answer = setOf(A)
  bench.clock.advance(2_000)
  await settle()
  assert.equal(await ask(bench.source, A), '1 key')
})

test('failures back off exponentially up to a minute, and a success ends that', async () => {
  const bench = createBench({ answer: DOWN })
  await bench.source.settled()
  for (const pauseMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    const before = bench.calls.length
    bench.clock.advance(pauseMs - 1)
    assert.equal(bench.calls.length, before)
    bench.clock.advance(1)
    assert.equal(bench.calls.length, before + 1)
    await settle()
  }
  bench.answer = setOf(A)
  bench.clock.advance(60_000)
  await settle()
  assert.equal(bench.source.status().lastFailure, undefined)
  bench.answer = DOWN
  bench.clock.advance(300_000)
  await settle()
  const before = bench.calls.length
  bench.clock.advance(1000)
  assert.equal(bench.calls.length, before + 1)
})

for (const [name, document] of [
  ['a status', DOWN],
  ['no answer in time', { ok: false, reason: 'timeout' }],
  ['a page', documentOf('<!doctype html>')],
  ['garbage keys', documentOf('{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},7]}')],
  ['an empty set', documentOf('{"keys":[]}')],
  ['other JSON', documentOf('{"error":"down"}')],
] as const)
  test(`F3: ${name} changes nothing for an hour: the last good set keeps serving`, async () => {
    const bench = await createReadyBench()
    const fetchedAt = bench.source.status().fetchedAt
    const key = bench.source.candidates('ES256', A.kid)
    assert.ok(!(key instanceof Promise) && key.ok)
    bench.answer = document
    for (let minute = 0; minute < 60; minute++) {
      bench.clock.advance(60_000)
      await settle()
      assert.equal(await ask(bench.source, A), '1 key')
    }
    assert.equal(key.value[0]?.retired, false)
    assert.ok(bench.calls.length <= 70, String(bench.calls.length))
    const status = bench.source.status()
    assert.deepEqual([status.stale, status.keys, status.fetchedAt], [true, 1, fetchedAt])
    assert.ok(status.lastFailure)
  })

test('after max_stale the set is no longer trusted, and the cached verdicts end with it', async () => {
  const bench = await createReadyBench({ maxStaleMs: 3_600_000 })
  const found = bench.source.candidates('ES256', A.kid)
  assert.ok(!(found instanceof Promise) && found.ok)
  bench.answer = DOWN
  bench.clock.advance(3_600_000)
  await settle()
  assert.equal(await ask(bench.source, A), '1 key')
  bench.clock.advance(1)
  assert.ok(found.value[0]?.retired)
  assert.match(await ask(bench.source, A), /keys\.unavailable/)
  assert.equal(bench.source.status().keys, 0)
  bench.answer = setOf(A)
  bench.clock.advance(60_000)
  await settle()
  assert.equal(await ask(bench.source, A), '1 key')
})

test('a fresh set serves for its age even where max_stale is shorter', async () => {
  const bench = await createReadyBench({ maxStaleMs: 0 })
  bench.answer = DOWN
  bench.clock.advance(600_000)
  await settle()
  assert.equal(await ask(bench.source, A), '1 key')
  bench.clock.advance(1)
  assert.match(await ask(bench.source, A), /keys\.unavailable/)
})

test('keys that left the set are retired, those that stayed keep their identity', async () => {
  const bench = createBench({ answer: setOf(A, B) })
  await bench.source.settled()
  const [a, b] = [A, B].map(key => {
    const found = bench.source.candidates('ES256', key.kid)
    assert.ok(!(found instanceof Promise) && found.ok)
    return found.value[0]
  })
  bench.answer = setOf(B, C)
  bench.clock.advance(300_000)
  await settle()
  assert.deepEqual([a?.retired, b?.retired], [true, false])
  assert.deepEqual(bench.source.candidates('ES256', B.kid), { ok: true, value: [b] })
  assert.equal(await ask(bench.source, C), '1 key')
})

test('a refresh whose timer is late is made up for by the next request', async () => {
  const bench = await createReadyBench()
  const { clock } = bench
  let fetches = 0
  const late = createJwksUriSource(
    'late',
    { kind: 'jwksUri', uri: 'https://idp.example/jwks', jwks: JWKS, pointer: '' },
    {
      clock,
      logger: bench.logger,
      random: () => 0,
      schedule: () => () => {},
      fetchDocument: () => {
        fetches += 1
        return Promise.resolve(setOf(A))
      },
    },
  )
  await late.settled()
  clock.advance(400_000)
  assert.equal(await ask(late, A), '1 key')
  assert.equal(fetches, 2)
})

test('a fetcher that is broken is a failure like any other', async () => {
  const clock = createTestClock()
  const logger = createSilentLogger()
  const source = createJwksUriSource(
    'broken',
    { kind: 'jwksUri', uri: 'https://idp.example/jwks', jwks: JWKS, pointer: '' },
    {
      clock,
      logger,
      random: () => 0,
      schedule: clock.schedule,
      fetchDocument: () => Promise.reject(new Error('defect')),
    },
  )
  await source.settled()
  assert.equal(source.status().lastFailure, 'defect')
  assert.equal(logger.lines[0]?.level, 'error')
})

test('dropped keys are logged once, not at each refresh', async () => {
  const bench = createBench({ answer: documentOf(JSON.stringify({ keys: [{}, A.jwk] })) })
  await bench.source.settled()
  bench.clock.advance(300_000)
  await settle()
  assert.equal(bench.calls.length, 2)
  assert.equal(bench.logger.lines.filter(line => 'dropped' in line.facts).length, 1)
})

test('a closed source ends its fetch, its timers, its keys and its waiters', async () => {
  const bench = await createReadyBench()
  const found = bench.source.candidates('ES256', A.kid)
  assert.ok(!(found instanceof Promise) && found.ok)
  bench.answer = undefined
  const asked = ask(bench.source, B)
  const closed = bench.source.close()
  assert.ok(bench.calls[1]?.limits.signal?.aborted)
  await bench.reply({ ok: false, reason: 'closed' })
  await closed
  assert.match(await asked, /keys\.unavailable/)
  assert.ok(found.value[0]?.retired)
  assert.match(await ask(bench.source, A), /keys\.unavailable/)
  assert.equal(bench.clock.timers(), 0)
  bench.clock.advance(86_400_000)
  assert.equal(bench.calls.length, 2)
})
