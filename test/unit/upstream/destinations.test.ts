import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpUpstreamSettings } from '../../../src/settings/upstream-settings.ts'
import { Destinations } from '../../../src/upstream/destinations.ts'
import type { Place } from '../../../src/upstream/place.ts'
import { TargetGroup } from '../../../src/upstream/target-group.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeExchange } from '../../support/exchange.ts'
import { makeIdlePool } from '../../support/places.ts'
import { sampleUpstream } from '../../support/sample-upstream.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'

const EXCHANGE = makeExchange()
const BREAKER = { failureRatioPercent: 100, minRequests: 1, windowMs: 10_000, openForMs: 5_000 }

function open(changes: Partial<HttpUpstreamSettings> = {}) {
  const clock = createTestClock()
  const settings = sampleUpstream({ targets: ['http://a', 'http://b'], ...changes })
  const parts = { clock, schedule: clock.schedule, logger: createSilentLogger(), random: () => 0 }
  const group = new TargetGroup({ name: 'orders', version: undefined }, settings, { ...parts, openPool: makeIdlePool })
  const full = new Set<string>()
  const places = group.states.map(
    (state): Place => ({ state, prefix: '', pool: makeIdlePool(state.url, { enter: () => !full.has(state.url) }) }),
  )
  const destinations = new Destinations(places, settings, { group, clock, stripLength: 0 })
  const inFlight = () => group.states.map(state => state.inFlight)
  return { clock, group, destinations, places, full, inFlight }
}

test('a call is counted where it goes, and out again', () => {
  const { destinations, inFlight } = open()
  const [first, second] = [destinations.take(EXCHANGE), destinations.take(EXCHANGE)]
  assert.deepEqual(inFlight(), [1, 1])
  for (const place of [first, second]) if (place !== undefined) destinations.leave(place)
  assert.deepEqual(inFlight(), [0, 0])
})

test('a target that has too many hands on to another; where all have, there is none', () => {
  const { destinations, full } = open()
  full.add('http://a')
  assert.equal(destinations.take(EXCHANGE)?.state.url, 'http://b')
  assert.equal(destinations.take(EXCHANGE)?.state.url, 'http://b')
  full.add('http://b')
  assert.equal(destinations.take(EXCHANGE), undefined)
})

test('a second attempt moves the count, and counts the failure of the first', () => {
  const { destinations, inFlight, group } = open()
  const first = destinations.take(EXCHANGE)
  assert.ok(first !== undefined)
  const second = destinations.takeAgain(EXCHANGE, first, 'upstream.reset')
  assert.equal(second?.state.url, 'http://b')
  assert.deepEqual(inFlight(), [0, 1])
  assert.equal(first.state.failures, 1)
  assert.equal(group.budget.retries, 1)
})

test('a second attempt after our own lack of connections does not count against the target', () => {
  const { destinations } = open()
  const first = destinations.take(EXCHANGE)
  assert.ok(first !== undefined)
  assert.equal(destinations.takeAgain(EXCHANGE, first, 'upstream.overloaded')?.state.url, 'http://b')
  assert.equal(first.state.failures, 0)
})

test('a second attempt passes a target that has too many', () => {
  const { destinations, full, inFlight } = open({ targets: ['http://a', 'http://b', 'http://c'] })
  const first = destinations.take(EXCHANGE)
  assert.equal(first?.state.url, 'http://a')
  for (const url of ['http://b', 'http://c']) {
    full.clear()
    full.add(url)
    const again = destinations.takeAgain(EXCHANGE, first, 'upstream.reset')
    assert.ok(again !== undefined && again !== first && again.state.url !== url)
    destinations.leave(again)
    first.state.inFlight += 1
  }
  assert.deepEqual(inFlight(), [1, 0, 0])
})

test('a second attempt that has nowhere to go costs nothing', () => {
  const { destinations, inFlight, group, full, clock } = open()
  const first = destinations.take(EXCHANGE)
  assert.ok(first !== undefined)
  full.add('http://b')
  assert.equal(destinations.takeAgain(EXCHANGE, first, 'upstream.reset'), undefined)
  full.clear()
  for (let i = 0; i < 3; i++) group.budget.take(clock.now())
  assert.equal(destinations.takeAgain(EXCHANGE, first, 'upstream.reset'), undefined)
  assert.deepEqual([inFlight(), group.budget.retries], [[1, 0], 3])
})

test('an open circuit refuses calls and second attempts; only the trial gets one', () => {
  const { destinations, clock } = open({ circuitBreaker: BREAKER })
  assert.equal(destinations.refuse(EXCHANGE), undefined)
  const place = destinations.take(EXCHANGE)
  assert.ok(place !== undefined)
  destinations.judge(EXCHANGE, place, 'failed', 'upstream.reset')
  assert.deepEqual(destinations.refuse(EXCHANGE), { code: 'upstream.circuit_open', retryAfterSeconds: 5 })
  assert.equal(destinations.takeAgain(EXCHANGE, place, 'upstream.reset'), undefined)
  clock.advance(5_000)
  const trial = makeExchange()
  assert.equal(destinations.refuse(trial), undefined)
  assert.equal(destinations.refuse(EXCHANGE)?.code, 'upstream.circuit_open')
  assert.equal(destinations.takeAgain(EXCHANGE, place, 'upstream.reset'), undefined)
  assert.notEqual(destinations.takeAgain(trial, place, 'upstream.reset'), undefined)
  destinations.judge(trial, place, 'ok', '')
  assert.equal(destinations.refuse(EXCHANGE), undefined)
})
