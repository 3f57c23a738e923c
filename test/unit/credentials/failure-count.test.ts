import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFailureCount } from '../../../src/credentials/failure-count.ts'

test('the first failures are free, then each holds its answer back for longer, up to five seconds', () => {
  let now = 0
  const count = createFailureCount({ now: () => 0, monotonic: () => now })
  const delays = Array.from({ length: 12 }, () => count.add(['address a']))
  assert.deepEqual(delays, [0, 0, 0, 250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000])
  assert.equal(count.isSlowed('address a'), true)
  assert.equal(count.isSlowed('address b'), false)
  now = 5 * 60_000 + 1
  assert.equal(count.isSlowed('address a'), false)
  assert.equal(count.add(['address a']), 0)
})

test('the name with most failures decides, and a name can be forgotten', () => {
  const count = createFailureCount({ now: () => 0, monotonic: () => 0 })
  for (let i = 0; i < 4; i++) count.add(['user u', `address ${i}`])
  assert.equal(count.add(['user u', 'address new']), 500)
  count.forget('user u')
  assert.equal(count.isSlowed('user u'), false)
})
