import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WindowCount } from '../../../src/upstream/window-count.ts'

test('what was counted leaves the window a tenth at a time', () => {
  const count = new WindowCount(1_000)
  for (let nowMs = 10_000; nowMs < 11_000; nowMs += 10) count.add(nowMs)
  assert.equal(count.total(10_999), 100)
  assert.equal(count.newest(10_999), 10)
  assert.equal(count.total(11_100), 80)
  assert.equal(count.newest(11_100), 0)
  assert.equal(count.total(50_000), 0)
})

test('a time a little before the last one is taken for the last one; long before starts anew', () => {
  const count = new WindowCount(1_000)
  count.add(10_000)
  count.add(9_700)
  assert.equal(count.total(10_000), 2)
  count.add(100)
  assert.equal(count.total(100), 1)
  count.clear()
  assert.equal(count.total(100), 0)
})
