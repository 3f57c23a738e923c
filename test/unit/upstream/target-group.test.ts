import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpUpstreamSettings } from '../../../src/settings/upstream-settings.ts'
import { groupKey, TargetGroup } from '../../../src/upstream/target-group.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeIdlePool } from '../../support/places.ts'
import { sampleUpstream } from '../../support/sample-upstream.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'

const ORDERS = { name: 'orders', version: '2' }
const OUTLIERS = { failures: 2, ejectionMs: 1_000, maxEjectedPercent: 100, slowReturnMs: 4_000 }

function open(changes: Partial<HttpUpstreamSettings> = {}) {
  const clock = createTestClock()
  const logger = createSilentLogger()
  const settings = sampleUpstream({ targets: ['http://a', 'http://b'], outliers: OUTLIERS, ...changes })
  const group = new TargetGroup(ORDERS, settings, {
    clock,
    schedule: clock.schedule,
    logger,
    random: () => 0.5,
    openPool: target => makeIdlePool(target),
  })
  const fail = (index: number): void => {
    const state = group.states[index]
    for (let i = 0; i < 2 && state !== undefined; i++) group.noteFailure(state, 'upstream.reset')
  }
  const conditions = () => group.status().targets.map(({ condition, share }) => `${condition} ${share}`)
  return { clock, logger, group, fail, conditions }
}

test('a target goes out, comes back slowly, and has its full share; each change is one line of the log', async () => {
  const { clock, logger, group, fail, conditions } = open()
  assert.equal(group.isCalm, true)
  fail(0)
  assert.deepEqual([group.isCalm, conditions()], [false, ['ejected 0', 'healthy 1']])
  clock.advance(1_000)
  assert.deepEqual(conditions(), ['returning 0', 'healthy 1'])
  clock.advance(1_000)
  assert.deepEqual([group.isCalm, conditions()], [false, ['returning 0.25', 'healthy 1']])
  clock.advance(3_000)
  assert.deepEqual([group.isCalm, conditions()], [true, ['healthy 1', 'healthy 1']])
  const facts = { api: 'orders', api_version: '2', target: 'http://a' }
  assert.deepEqual(logger.lines, [
    {
      level: 'warn',
      facts: { ...facts, reason: 'upstream.reset', ejected_for_ms: 1_000 },
      message: 'an upstream target is out',
    },
    { level: 'info', facts: { ...facts, was_out_for: 'upstream.reset' }, message: 'an upstream target is back' },
  ])
  await group.close()
  assert.equal(clock.timers(), 0)
})

test('where all are out, all are used, each with its full share', async () => {
  const { group, fail, clock, logger } = open()
  const [a, b] = group.states
  assert.ok(a !== undefined && b !== undefined)
  fail(0)
  assert.equal(group.isUsable(a), false)
  fail(1)
  assert.ok(group.isUsable(a) && group.isUsable(b))
  assert.equal(group.shareOf(a), 1)
  assert.match(logger.lines.at(-1)?.message ?? '', /all are used$/)
  group.noteSuccess(b)
  assert.deepEqual([group.isUsable(a), group.isUsable(b)], [false, true])
  await group.close()
  assert.equal(clock.timers(), 0)
})

test('a target that is ejected and not healthy is back when neither holds', async () => {
  const { group, fail, clock, conditions, logger } = open()
  const [a] = group.states
  assert.ok(a !== undefined)
  a.isHealthy = false
  fail(0)
  clock.advance(1_000)
  assert.equal(conditions()[0], 'unhealthy 0')
  assert.deepEqual(
    logger.lines.map(({ level }) => level),
    ['warn'],
  )
  await group.close()
})

test('a circuit that changes is told', async () => {
  const circuitBreaker = { failureRatioPercent: 50, minRequests: 1, windowMs: 1_000, openForMs: 1_000 }
  const { group, logger, clock } = open({ circuitBreaker })
  assert.equal(group.status().circuit, 'closed')
  group.breaker?.conclude({}, 'failed')
  assert.equal(group.status().circuit, 'open')
  assert.deepEqual([logger.lines[0]?.level, logger.lines[0]?.facts], ['warn', { api: 'orders', circuit: 'open' }])
  await group.close()
  assert.equal(clock.timers(), 0)
  assert.equal(open().group.status().circuit, undefined)
})

test('a target that is written twice is one, and one target is not watched', () => {
  const { group } = open({ targets: ['http://a', 'http://a'] })
  assert.equal(group.states.length, 1)
  assert.equal(group.isWatching, false)
  assert.equal(open().group.isWatching, true)
})

test('the key is made of what the group is made of', () => {
  const settings = sampleUpstream()
  const key = groupKey(ORDERS, settings)
  const elsewhere = {
    pointer: '/apis/7/upstream',
    balance: 'least_requests' as const,
    stripBasePath: true,
    connectTimeoutMs: 9,
  }
  assert.equal(groupKey(ORDERS, sampleUpstream(elsewhere)), key)
  assert.notEqual(groupKey({ ...ORDERS, version: '3' }, settings), key)
  for (const change of [
    { targets: ['http://b'] },
    { outliers: OUTLIERS },
    { retry: { attempts: 0, budgetPercent: 1 } },
  ])
    assert.notEqual(groupKey(ORDERS, sampleUpstream(change)), key)
})
