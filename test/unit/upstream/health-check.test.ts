import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { HealthCheckSettings } from '../../../src/settings/upstream-settings.ts'
import { HealthChecks } from '../../../src/upstream/health-check.ts'
import { PlaceState } from '../../../src/upstream/place.ts'
import { createUpstreamPool, type PoolHandler } from '../../../src/upstream/pool.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeIdlePool } from '../../support/places.ts'
import { samplePool } from '../../support/sample-pool.ts'
import { type Behaviour, startUpstream, until } from '../../support/upstream.ts'

const SETTINGS: HealthCheckSettings = {
  path: '/health',
  intervalMs: 10_000,
  timeoutMs: 2_000,
  unhealthyAfter: 3,
  healthyAfter: 2,
  statusFrom: 200,
  statusTo: 299,
}

const CONTROLLER: Parameters<NonNullable<PoolHandler['onRequestStart']>>[0] = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
}

/** Checks one target over a pool that answers as the test says, without a network. */
function checkOnPaper(t: TestContext) {
  const clock = createTestClock()
  const state = new PlaceState('http://a')
  const events: string[] = []
  const bench = { asked: 0, aborted: 0, status: 200 as number | undefined }
  const answer = (handler: PoolHandler): void => {
    bench.asked += 1
    handler.onRequestStart?.({ ...CONTROLLER, abort: () => (bench.aborted += 1) }, {})
    if (bench.status !== undefined) handler.onResponseStart?.(CONTROLLER, bench.status, {}, '')
  }
  const checks = new HealthChecks(SETTINGS, [state], {
    schedule: clock.schedule,
    random: () => 0.5,
    openPool: target => makeIdlePool(target.url, { dispatch: (_options, handler) => answer(handler) }),
    onUnhealthy: (_state, reason) => events.push(reason),
    onHealthy: () => events.push('healthy'),
  })
  t.after(() => checks.close())
  return { clock, state, events, bench, checks }
}

test('so many failures in a row take a target out, so many successes bring it back', t => {
  const { clock, state, events, bench } = checkOnPaper(t)
  assert.equal(bench.asked, 0)
  clock.advance(500)
  assert.equal(bench.asked, 1)
  bench.status = 503
  clock.advance(20_000)
  bench.status = 204
  clock.advance(10_000)
  bench.status = 301
  clock.advance(20_000)
  assert.deepEqual([bench.asked, state.isHealthy, state.failedChecks], [6, true, 4])
  clock.advance(10_000)
  assert.deepEqual([state.isHealthy, events], [false, ['status 301']])
  bench.status = 200
  clock.advance(10_000)
  assert.equal(state.isHealthy, false)
  clock.advance(10_000)
  assert.deepEqual([state.isHealthy, events], [true, ['status 301', 'healthy']])
})

test('no answer in time is a failure, and the next check comes all the same', t => {
  const { clock, state, events, bench } = checkOnPaper(t)
  bench.status = undefined
  clock.advance(500 + 3 * 12_000)
  assert.deepEqual([state.isHealthy, events], [false, ['no answer in time']])
  assert.ok(bench.asked >= 3)
})

test('an answer whose body never ends holds its connection no longer than until the next check', t => {
  const { clock, state, bench } = checkOnPaper(t)
  clock.advance(500)
  assert.deepEqual([bench.asked, bench.aborted], [1, 0])
  clock.advance(30_000)
  assert.deepEqual([bench.asked, bench.aborted, state.isHealthy], [4, 3, true])
})

test('no check comes after the end', async t => {
  const { clock, bench, checks } = checkOnPaper(t)
  clock.advance(500)
  await checks.close()
  assert.equal(clock.timers(), 0)
  clock.advance(60_000)
  assert.equal(bench.asked, 1)
})

async function checkServer(t: TestContext, behaviour: Behaviour) {
  const upstream = await startUpstream(behaviour)
  t.after(() => upstream.close())
  const clock = createTestClock()
  const state = new PlaceState(upstream.origin)
  const reasons: string[] = []
  const checks = new HealthChecks({ ...SETTINGS, unhealthyAfter: 1 }, [state], {
    schedule: clock.schedule,
    random: () => 0,
    openPool: ({ url }) => createUpstreamPool(samplePool({ origin: url })),
    onUnhealthy: (_state, reason) => reasons.push(reason),
    onHealthy: () => undefined,
  })
  t.after(() => checks.close())
  clock.advance(0)
  return { upstream, clock, state, reasons }
}

test('a check is a plain GET without credentials, and a long body is not taken', async t => {
  const { upstream, clock, state } = await checkServer(t, (_request, response) => {
    response.writeHead(200).end(Buffer.alloc(8_000_000))
  })
  await until(() => clock.timers() === 1 && upstream.requests.length === 1 && upstream.open() === 0, 'the end')
  const [seen] = upstream.requests
  assert.equal(`${seen?.method} ${seen?.url}`, 'GET /health')
  assert.deepEqual(
    seen?.lines.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase()),
    ['host', 'connection', 'user-agent', 'accept'],
  )
  assert.equal(state.isHealthy, true)
})

test('a connection that breaks is a failure, told by its code', async t => {
  const { reasons } = await checkServer(t, 'reset_before_head')
  await until(() => reasons.length === 1, 'the failure')
  assert.deepEqual(reasons, ['upstream.reset'])
})
