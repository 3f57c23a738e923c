import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok } from '../../../src/errors/denial.ts'
import { IntrospectionCache } from '../../../src/introspection/introspection-cache.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeIntrospectedToken } from '../../support/make-introspected-token.ts'

function open(cacheMs = 30_000, inactiveCacheMs = 5_000) {
  const clock = createTestClock()
  return { clock, cache: new IntrospectionCache(clock, { cacheMs, inactiveCacheMs }) }
}

const GOOD = ok(makeIntrospectedToken())
const INACTIVE = { code: 'token.inactive' } as const

test('a verdict stands for its time, a positive and a negative one for times of their own', () => {
  const { cache, clock } = open()
  cache.keep('good', 10, GOOD)
  cache.keepRefusal('bad', INACTIVE)
  assert.equal(cache.find('good'), GOOD)
  assert.deepEqual(cache.find('bad'), { ok: false, error: INACTIVE })
  clock.advance(4_999)
  assert.ok(cache.find('bad') !== undefined)
  clock.advance(1)
  assert.equal(cache.find('bad'), undefined)
  clock.advance(24_999)
  assert.equal(cache.find('good'), GOOD)
  clock.advance(1)
  assert.equal(cache.find('good'), undefined)
  assert.equal(cache.size, 0)
})

test('a positive verdict ends at exp at the latest, and the skew does not prolong it', () => {
  const { cache, clock } = open()
  cache.keep('a', 1, ok(makeIntrospectedToken({ exp: clock.seconds() + 2 })))
  clock.advance(1_999)
  assert.ok(cache.find('a') !== undefined)
  clock.advance(1)
  assert.equal(cache.find('a'), undefined)
  cache.keep('b', 1, ok(makeIntrospectedToken({ exp: clock.seconds() })))
  assert.equal(cache.find('b'), undefined)
})

test('a wall clock that jumps back prolongs nothing', () => {
  const { cache, clock } = open()
  cache.keep('a', 1, GOOD)
  clock.jumpTo(clock.now() - 86_400_000)
  clock.advance(30_000)
  assert.equal(cache.find('a'), undefined)
})

test('zero keeps nothing', () => {
  const { cache } = open(0, 0)
  cache.keep('a', 1, GOOD)
  cache.keepRefusal('b', INACTIVE)
  assert.equal(cache.size, 0)
})

test('the last word counts', () => {
  const { cache } = open()
  cache.keep('a', 1, GOOD)
  cache.keepRefusal('a', INACTIVE)
  assert.equal(cache.find('a')?.ok, false)
  cache.keep('a', 1, GOOD)
  assert.equal(cache.find('a')?.ok, true)
  assert.equal(cache.size, 1)
})

test('a flood of bad tokens is bounded and drives no good one out', () => {
  const { cache } = open()
  cache.keep('good', 1, GOOD)
  for (let i = 0; i < 10_500; i++) cache.keepRefusal(`bad-${i}`, INACTIVE)
  assert.equal(cache.find('good'), GOOD)
  assert.equal(cache.size, 10_001)
})

test('large answers are bounded by their octets', () => {
  const { cache } = open()
  for (let i = 0; i < 300; i++) cache.keep(`token-${i}`, 65_536, GOOD)
  assert.equal(cache.size, 256)
})
