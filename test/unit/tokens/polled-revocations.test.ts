import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FetchedDocument, FetchLimits } from '../../../src/outbound/fetch-document.ts'
import { createStore } from '../../../src/state/store.ts'
import { PolledRevocations } from '../../../src/tokens/polled-revocations.ts'
import { createTestClock } from '../../support/clock.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'

const SETTINGS = {
  url: 'https://lists.example/x?sig=secret',
  intervalMs: 30_000,
  timeoutMs: 1_000,
  maxBytes: 1_000,
  pointer: '',
}
const ISSUERS = new Map([['idp', 'https://idp']])

function documentOf(jtis: readonly string[], etag?: string): FetchedDocument {
  const revocations = jtis.map(jti => ({ auth_server: 'idp', jti }))
  const fields = new Map(etag === undefined ? [] : [['etag', etag]])
  return { ok: true, status: 200, body: Buffer.from(JSON.stringify({ revocations })), fields }
}

async function createBench(t: { after(run: () => unknown): void }, first: FetchedDocument) {
  const logger = createSilentLogger()
  const clock = createTestClock()
  const asked: { readonly at: number; readonly limits: FetchLimits }[] = []
  const world = { answer: first }
  const list = new PolledRevocations(SETTINGS, {
    clock,
    schedule: clock.schedule,
    logger,
    fetchDocument: async (uri, limits) => {
      assert.equal(uri, SETTINGS.url)
      asked.push({ at: clock.monotonic(), limits })
      return world.answer
    },
    store: createStore('/nowhere'),
    mayKeep: false,
    random: () => 0,
  })
  t.after(() => list.close())
  await list.settled()
  const turn = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
  }
  /** Lets time pass, with a turn for the fetches in it. */
  const pass = async (milliseconds: number): Promise<void> => {
    await turn()
    for (let left = milliseconds; left > 0; left -= 250) {
      clock.advance(Math.min(left, 250))
      await turn()
    }
  }
  const bound = list.bind(ISSUERS)
  return {
    clock,
    logger,
    asked,
    world,
    list,
    pass,
    isRevoked: (jti: string) => bound.isRevoked('https://idp', { jti }),
    bound,
  }
}

test('the list is fetched within its interval, and asked for by what is held', async t => {
  const { asked, world, pass, isRevoked, list } = await createBench(t, documentOf(['a'], '"1"'))
  assert.equal(isRevoked('a'), true)
  assert.equal(asked[0]?.limits.held, undefined)
  assert.equal(asked[0]?.limits.maxBytes, 1_000)
  world.answer = { ok: true, status: 304, body: new Uint8Array(), fields: new Map() }
  await pass(24_000)
  assert.equal(asked.length, 2)
  assert.deepEqual(asked[1]?.limits.held, { etag: '"1"' })
  assert.equal(isRevoked('a'), true)
  world.answer = documentOf(['b'], '"2"')
  const before = list.generation
  await pass(24_000)
  assert.deepEqual([isRevoked('a'), isRevoked('b')], [false, true])
  assert.ok(list.generation > before)
})

test('failures are tried again further and further apart, never later than the interval, and change nothing', async t => {
  const { asked, world, pass, isRevoked, list } = await createBench(t, documentOf(['a']))
  world.answer = { ok: false, reason: 'unreachable' }
  await pass(24_000)
  await pass(120_000)
  const pauses = asked.slice(2).map(({ at }, i) => at - (asked[i + 1]?.at ?? 0))
  assert.deepEqual(pauses.slice(0, 7), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  assert.equal(isRevoked('a'), true)
  assert.equal(list.status().lastFailure, 'unreachable')
  assert.equal(list.status().isKnown, true)
})

test('a list that was never had is not known; an unchanged one is no change', async t => {
  const { world, pass, bound, isRevoked, list } = await createBench(t, { ok: false, reason: 'timeout' })
  assert.equal(bound.isKnown, false)
  world.answer = documentOf(['a'])
  await pass(1_000)
  assert.deepEqual([bound.isKnown, isRevoked('a')], [true, true])
  const before = list.generation
  await pass(24_000)
  assert.equal(list.generation, before)
})

test('after the end nothing is fetched', async t => {
  const { asked, clock, list, pass } = await createBench(t, documentOf([]))
  await list.close()
  await pass(60_000)
  assert.equal(asked.length, 1)
  assert.equal(clock.timers(), 0)
})

test('the query of an address, which may be signed, is neither logged nor told', async t => {
  const { logger, list, pass, world } = await createBench(t, documentOf(['a']))
  world.answer = { ok: false, reason: 'timeout' }
  await pass(30_000)
  world.answer = documentOf(['b'])
  await pass(30_000)
  assert.ok(logger.lines.length >= 3)
  assert.ok(logger.lines.every(({ facts }) => facts['url'] === 'https://lists.example/x'))
  assert.ok(!JSON.stringify([logger.lines, list.status()]).includes('sig'))
})
