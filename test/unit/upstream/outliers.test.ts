import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutlierSettings } from '../../../src/settings/upstream-settings.ts'
import { Outliers } from '../../../src/upstream/outliers.ts'
import { PlaceState } from '../../../src/upstream/place.ts'
import { createTestClock } from '../../support/clock.ts'

const SETTINGS: OutlierSettings = { failures: 3, ejectionMs: 1_000, maxEjectedPercent: 50, slowReturnMs: 0 }

function watch(count: number, changes: Partial<OutlierSettings> = {}) {
  const clock = createTestClock()
  const states = Array.from({ length: count }, (_, i) => new PlaceState(`http://${i}`))
  const ejected: number[] = []
  const returned: PlaceState[] = []
  const outliers = new Outliers({ ...SETTINGS, ...changes }, states, {
    clock,
    schedule: clock.schedule,
    onEjected: (_state, forMs) => ejected.push(forMs),
    onReturned: state => returned.push(state),
  })
  const fail = (index: number, times = 3): void => {
    const state = states[index]
    for (let i = 0; i < times && state !== undefined; i++) outliers.failed(state, 'upstream.reset')
  }
  const out = (): readonly number[] => states.flatMap(({ isOut }, i) => (isOut ? [i] : []))
  return { clock, states, ejected, returned, outliers, fail, out }
}

test('so many failures in a row take a target out for a while; a success in between does not', () => {
  const { fail, out, outliers, states, clock } = watch(3)
  fail(0, 2)
  const [first] = states
  if (first !== undefined) outliers.succeeded(first)
  fail(0, 2)
  assert.deepEqual(out(), [])
  fail(0, 1)
  assert.deepEqual(out(), [0])
  clock.advance(999)
  assert.deepEqual(out(), [0])
  clock.advance(1)
  assert.deepEqual(out(), [])
})

test('each time is twice as long as the one before, up to ten times; a long good time is forgiven', () => {
  const { fail, ejected, clock } = watch(3)
  for (let i = 0; i < 6; i++) {
    fail(0)
    clock.advance(ejected.at(-1) ?? 0)
  }
  assert.deepEqual(ejected, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  clock.advance(10_000)
  fail(0)
  assert.equal(ejected.at(-1), 1_000)
})

test('no more than their share are out at once, but one may always be', () => {
  const four = watch(4)
  for (let i = 0; i < 4; i++) four.fail(i)
  assert.deepEqual(four.out(), [0, 1])
  const two = watch(2, { maxEjectedPercent: 0 })
  for (let i = 0; i < 2; i++) two.fail(i)
  assert.deepEqual(two.out(), [0])
  two.clock.advance(1_000)
  two.fail(1, 1)
  assert.deepEqual(two.out(), [1], 'the next failure takes it out when there is room')
})

test('those that are not healthy count among those that are out', () => {
  const { fail, out, states } = watch(2)
  const [first] = states
  if (first !== undefined) first.isHealthy = false
  fail(1)
  assert.deepEqual(out(), [0])
})

test('a target that has no others, or failures: 0, is never taken out', () => {
  const alone = watch(1)
  assert.equal(alone.outliers.isActive, false)
  alone.fail(0, 100)
  assert.deepEqual(alone.out(), [])
  const off = watch(3, { failures: 0 })
  assert.equal(off.outliers.isActive, false)
  off.fail(0, 100)
  assert.deepEqual(off.out(), [])
})

test('where all are out, one that answers is back at once', () => {
  const { fail, out, outliers, states, clock, returned } = watch(2, { maxEjectedPercent: 100 })
  fail(0)
  const [first, second] = states
  if (first !== undefined) outliers.succeeded(first)
  assert.deepEqual(out(), [0], 'a late success while others serve proves nothing')
  fail(1)
  if (second !== undefined) outliers.succeeded(second)
  assert.deepEqual(out(), [0])
  assert.equal(returned.length, 1)
  assert.equal(clock.timers(), 1)
  outliers.close()
  assert.equal(clock.timers(), 0)
})
