import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { createJwksUriSource } from '../../../src/keys/jwks-uri.ts'
import type { KeyCopies, KeyCopy } from '../../../src/keys/key-copies.ts'
import type { RemoteOrigin } from '../../../src/keys/key-document.ts'
import type { KeyCandidates, KeySource } from '../../../src/keys/key-source.ts'
import { createSharedFetch, type SharedFetch } from '../../../src/keys/shared-fetch.ts'
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

interface BenchOptions {
  readonly jwks?: Partial<JwksSettings>
  readonly answer?: FetchedDocument | undefined
  readonly clock?: TestClock
  readonly copies?: KeyCopies
  readonly shared?: SharedFetch
  readonly authServer?: string
  readonly origin?: RemoteOrigin
}

function createBench(options: BenchOptions = {}): Bench {
  const clock = options.clock ?? createTestClock()
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
  const { authServer = 'staff', copies, shared } = options
  const jwks = { ...JWKS, ...options.jwks }
  const source = createJwksUriSource(
    authServer,
    options.origin ?? { kind: 'jwksUri', uri: 'https://idp.example/jwks', jwks, pointer: '' },
    {
      clock,
      logger,
      issuer: 'https://idp.example',
      ...(copies !== undefined && { copies }),
      ...(shared !== undefined && { shared }),
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
  assert.partialDeepStrictEqual(bench.source.status(), {
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

test('a planned refresh asks on condition, and a 304 renews the age of the set', async () => {
  const text = JSON.stringify({ keys: [A.jwk] })
  const bench = createBench({ answer: documentOf(text, [['etag', '"1"']]) })
  await bench.source.settled()
  const found = bench.source.candidates('ES256', A.kid)
  assert.ok(!(found instanceof Promise) && found.ok)
  bench.answer = { ok: true, status: 304, body: Buffer.alloc(0), fields: new Map() }
  for (let i = 0; i < 3; i++) {
    bench.clock.advance(300_000)
    await settle()
  }
  assert.deepEqual(bench.calls.at(-1)?.limits.held, { etag: '"1"' })
  const { stale, fetches, setAgeMs, observed } = bench.source.status()
  assert.deepEqual([stale, setAgeMs, fetches], [false, 0, { fetched: 1, unchanged: 3, failed: 0 }])
  assert.equal(observed[0]?.lastSeenMs, bench.clock.now())
  assert.equal(found.value[0]?.retired, false)
  await bench.source.close()
})

test('a token that names an unknown key is no time for a 304', async () => {
  const bench = createBench({ answer: documentOf(JSON.stringify({ keys: [A.jwk] }), [['etag', '"1"']]) })
  await bench.source.settled()
  await ask(bench.source, B)
  assert.equal(bench.calls[1]?.limits.held, undefined)
})

test('a kid that a fetch did not bring is answered at once, also while another fetch is in flight', async () => {
  const bench = await createReadyBench({ maxAgeMs: 20_000 })
  assert.equal(await ask(bench.source, B), 'waited: 0 key')
  bench.answer = undefined
  bench.clock.advance(10_000)
  assert.equal(bench.calls.length, 3, 'a planned fetch is in flight')
  assert.equal(await ask(bench.source, B), '0 key')
  const other = ask(bench.source, C)
  await bench.reply(setOf(A, B))
  assert.equal(await other, 'waited: 0 key')
  assert.equal(await ask(bench.source, B), '1 key')
})

test('what is unknown is asked for again with the next cool-down', async () => {
  const bench = await createReadyBench()
  await ask(bench.source, B)
  bench.answer = setOf(A, B)
  bench.clock.advance(30_000)
  assert.equal(await ask(bench.source, B), 'waited: 1 key')
})

test('a token without kid whose signature fits no key may find the new one, at most one fetch per cool-down', async () => {
  const bench = await createReadyBench()
  bench.answer = setOf(A, B)
  const arrived = await bench.source.reconsider('ES256')
  assert.ok(arrived.ok)
  assert.deepEqual(
    arrived.value.map(({ kid }) => kid),
    [B.kid],
  )
  for (let i = 0; i < 100; i++) assert.deepEqual(bench.source.reconsider('ES256'), { ok: true, value: [] })
  assert.equal(bench.calls.length, 2)
  bench.answer = DOWN
  bench.clock.advance(30_000)
  assert.equal((await bench.source.reconsider('ES256')).ok, false)
  assert.equal((await bench.source.reconsider('ES256')).ok, false, 'a rotation cannot be ruled out')
  assert.equal(bench.calls.length, 3)
})

test('an operator fetches now, in one flight with everybody, and not again within seconds', async () => {
  const bench = await createReadyBench()
  bench.answer = undefined
  const both = [bench.source.refresh(), bench.source.refresh()]
  assert.equal(bench.calls.length, 2)
  await bench.reply(setOf(B))
  await Promise.all(both)
  assert.equal(await ask(bench.source, B), '1 key')
  bench.answer = setOf(C)
  await bench.source.refresh()
  assert.equal(bench.calls.length, 2)
  bench.clock.advance(5_000)
  await bench.source.refresh()
  assert.equal(await ask(bench.source, C), '1 key')
})

test('two issuers that share an address share its fetches, and each has keys of its own', async () => {
  const clock = createTestClock()
  const shared = createSharedFetch(clock)
  let fetches = 0
  const fetchDocument = () => {
    fetches += 1
    return Promise.resolve(setOf(A))
  }
  const make = (name: string) =>
    createJwksUriSource(
      name,
      { kind: 'jwksUri', uri: 'https://idp.example/jwks', jwks: JWKS, pointer: '' },
      { clock, logger: createSilentLogger(), fetchDocument, random: () => 0, schedule: clock.schedule, shared },
    )
  const sources = [make('one'), make('other')]
  await Promise.all(sources.map(source => source.settled()))
  assert.equal(fetches, 1)
  const [one, other] = sources.map(source => {
    const found = source.candidates('ES256', A.kid)
    assert.ok(!(found instanceof Promise) && found.ok)
    return found.value[0]
  })
  assert.notEqual(one, other)
  clock.advance(1)
  for (const source of sources) await ask(source, B)
  assert.equal(fetches, 2, 'one cool-down for the address')
  clock.advance(300_000)
  await settle()
  assert.equal(fetches, 3)
  await sources[0]?.close()
  assert.deepEqual([one?.retired, other?.retired], [true, false])
})

test('the observatory tells what comes, stays, is used and leaves, and when the next fetch is', async () => {
  const bench = createBench({ answer: setOf(A, B) })
  await bench.source.settled()
  bench.answer = setOf(B, C)
  bench.clock.advance(300_000)
  await settle()
  assert.equal(await ask(bench.source, A), 'waited: 0 key')
  const { observed, departed, departedUses, nextAttemptAtMs, lastAttemptAtMs } = bench.source.status()
  assert.deepEqual(
    observed.map(({ kid }) => kid),
    [B.kid, C.kid],
  )
  assert.deepEqual([departed.map(({ kid }) => kid), departedUses], [[A.kid], 1])
  assert.deepEqual([nextAttemptAtMs, lastAttemptAtMs], [bench.clock.now() + 300_000, bench.clock.now()])
  assert.ok(bench.logger.lines.some(({ message }) => /still name a key that has left/.test(message)))
})

/** Copies in memory: what one process keeps, the next one reads. */
function createMemory(): KeyCopies & { kept: KeyCopy | undefined } {
  const memory = {
    mayWrite: true,
    kept: undefined as KeyCopy | undefined,
    read: async () => ({ ok: true as const, value: memory.kept }),
    keep: async (owner: { issuer: string; source: string }, copy: Omit<KeyCopy, 'issuer' | 'source'>) => {
      memory.kept = { ...copy, issuer: owner.issuer, source: owner.source }
      return { ok: true as const, value: undefined }
    },
  }
  return memory
}

test('a restart during an outage serves from the copy on disk, and max_stale goes on counting', async () => {
  const copies = createMemory()
  const clock = createTestClock()
  const before = createBench({ copies, clock })
  await before.source.settled()
  await before.source.close()
  clock.advance(3_600_000)

  const after = createBench({ copies, clock, answer: undefined })
  assert.equal(await ask(after.source, A), 'waited: 1 key', 'while the first fetch hangs')
  const status = after.source.status()
  assert.deepEqual([status.restored, status.stale, status.setAgeMs], [true, true, 3_600_000])
  assert.equal(status.observed[0]?.firstSeenMs, clock.now() - 3_600_000)
  await after.source.settled()
  await after.reply(DOWN)
  after.answer = DOWN
  assert.equal(await ask(after.source, A), '1 key')
  assert.match(await ask(after.source, B), /keys\.unavailable/)
  clock.advance(JWKS.maxStaleMs - 3_600_000 + 1)
  await settle()
  assert.match(await ask(after.source, A), /keys\.unavailable/)
  await after.source.close()
})

test('an issuer that answers is believed, whatever is on disk', async () => {
  const copies = createMemory()
  const clock = createTestClock()
  await createBench({ copies, clock }).source.settled()
  const after = createBench({ copies, clock, answer: setOf(B) })
  await settle()
  assert.deepEqual([await ask(after.source, B), await ask(after.source, A)], ['1 key', 'waited: 0 key'])
  assert.equal(after.source.status().restored, false)
})

test('without a copy that may be used nothing changes', async () => {
  const bench = createBench({ copies: createMemory(), answer: DOWN })
  await bench.source.settled()
  assert.match(await ask(bench.source, A), /keys\.unavailable/)
  assert.equal(bench.source.status().settled, true)
})

test('the discovery document is fetched along with the keys, within the time of one fetch', async () => {
  const origin: RemoteOrigin = {
    kind: 'discovery',
    url: 'https://idp.example/.well-known/openid-configuration',
    allowHttp: false,
    jwks: JWKS,
    pointer: '',
  }
  const bench = createBench({ origin, answer: undefined })
  bench.clock.advance(500)
  await bench.reply(documentOf(JSON.stringify({ issuer: 'https://idp.example', jwks_uri: 'https://keys.example/1' })))
  await bench.reply(setOf(A))
  assert.equal(await ask(bench.source, A), '1 key')
  assert.deepEqual(
    bench.calls.map(({ uri, limits }) => [uri, limits.timeoutMs, limits.allowHttp]),
    [
      [origin.url, 2000, true],
      ['https://keys.example/1', 1500, false],
    ],
  )
  bench.answer = documentOf(JSON.stringify({ issuer: 'https://evil.example', jwks_uri: 'https://evil.example/jwks' }))
  await bench.source.refresh()
  assert.equal(bench.source.status().lastFailure, 'discovery: another issuer')
  assert.equal(bench.calls.length, 3, 'nothing of a stranger is fetched')
  assert.equal(await ask(bench.source, A), '1 key')
  assert.ok(bench.logger.lines.some(({ facts }) => facts['found'] === 'https://evil.example'))
  await bench.source.close()
})
