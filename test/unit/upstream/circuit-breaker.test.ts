import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CircuitBreaker, type Verdict } from '../../../src/upstream/circuit-breaker.ts'
import { createTestClock } from '../../support/clock.ts'

function open() {
  const clock = createTestClock()
  const changes: string[] = []
  const breaker = new CircuitBreaker(
    { failureRatioPercent: 50, minRequests: 4, windowMs: 10_000, openForMs: 5_000 },
    { clock, schedule: clock.schedule, onChange: state => changes.push(state) },
  )
  const call = (verdict: Verdict): boolean => {
    const one = {}
    if (!breaker.admits(one)) return false
    breaker.conclude(one, verdict)
    return true
  }
  return { clock, changes, breaker, call }
}

function openBroken() {
  const bench = open()
  for (let i = 0; i < 4; i++) bench.call('failed')
  assert.equal(bench.breaker.state, 'open')
  return bench
}

test('it opens when enough calls of the window failed, and not before', () => {
  const { call, breaker } = open()
  for (const verdict of ['ok', 'ok', 'failed', 'none', 'none'] as const) assert.ok(call(verdict))
  assert.equal(breaker.state, 'closed')
  call('failed')
  assert.equal(breaker.state, 'open')
  assert.equal(call('ok'), false)
})

test('calls that left the window do not count', () => {
  const { call, breaker, clock } = open()
  for (let i = 0; i < 3; i++) call('failed')
  clock.advance(11_000)
  call('failed')
  assert.equal(breaker.state, 'closed')
})

test('it says when a call is tried again', () => {
  const { breaker, clock } = openBroken()
  assert.equal(breaker.retryAfterSeconds(), 5)
  clock.advance(3_500)
  assert.equal(breaker.retryAfterSeconds(), 2)
  clock.advance(1_499)
  assert.equal(breaker.retryAfterSeconds(), 1)
})

test('half-open, one call is tried, and its end decides', () => {
  const { breaker, clock, call, changes } = openBroken()
  clock.advance(5_000)
  const trial = {}
  assert.ok(breaker.admits(trial))
  assert.equal(breaker.admits({}), false)
  assert.ok(breaker.stillAdmits(trial))
  breaker.conclude({}, 'ok')
  assert.equal(breaker.state, 'half_open', 'a call from before decides nothing')
  breaker.conclude(trial, 'failed')
  assert.equal(breaker.state, 'open')
  assert.equal(breaker.stillAdmits(trial), false)
  clock.advance(5_000)
  assert.ok(call('ok'))
  assert.equal(breaker.state, 'closed')
  assert.deepEqual(changes, ['open', 'half_open', 'open', 'half_open', 'closed'])
  for (let i = 0; i < 3; i++) call('failed')
  assert.equal(breaker.state, 'closed', 'what was counted before is forgotten')
})

test('a trial that taught nothing makes room for another', () => {
  const { clock, call, breaker } = openBroken()
  clock.advance(5_000)
  assert.ok(call('none'))
  assert.equal(breaker.state, 'half_open')
  assert.ok(call('ok'))
  assert.equal(breaker.state, 'closed')
})

test('a trial without end keeps the others out no longer than the circuit was open', () => {
  const { clock, call, breaker } = openBroken()
  clock.advance(5_000)
  const slow = {}
  assert.ok(breaker.admits(slow))
  clock.advance(4_999)
  assert.equal(call('ok'), false)
  clock.advance(1)
  const next = {}
  assert.ok(breaker.admits(next))
  breaker.conclude(slow, 'failed')
  assert.equal(breaker.state, 'half_open', 'its end decides nothing any more')
  breaker.conclude(next, 'ok')
  assert.equal(breaker.state, 'closed')
})

test('nothing is scheduled after its end', () => {
  const { breaker, clock } = openBroken()
  breaker.close()
  assert.equal(clock.timers(), 0)
})
