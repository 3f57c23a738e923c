import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlaceState } from '../../../src/upstream/place.ts'

test('the share of a target that is back grows evenly to its full one', () => {
  const state = new PlaceState('http://a')
  assert.equal(state.shareAt(0, 1_000), 1)
  state.returnedAtMs = 5_000
  assert.deepEqual(
    [5_000, 5_250, 5_500, 6_000, 9_000].map(nowMs => state.shareAt(nowMs, 1_000)),
    [0, 0.25, 0.5, 1, 1],
  )
  state.isHealthy = false
  assert.equal(state.shareAt(9_000, 1_000), 0)
})

test('turns are taken evenly', () => {
  const state = new PlaceState('http://a')
  const taken = Array.from({ length: 12 }, () => (state.takesTurn(0.25) ? 1 : 0))
  assert.equal(taken.join(''), '000100010001')
  assert.ok(state.takesTurn(1))
})
