import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentDelays } from '../../../src/server/recent-delays.ts'

test('the last ones count, however many there were', () => {
  const delays = new RecentDelays(4)
  assert.deepEqual(delays.figures(), { p50: 0, p99: 0, max: 0 })
  for (const delay of [900, 1, 2, 3, 4]) delays.add(delay)
  assert.deepEqual(delays.figures(), { p50: 2, p99: 4, max: 4 })
})
