import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RetryBudget } from '../../../src/upstream/retry-budget.ts'

function takeAll(budget: RetryBudget, nowMs: number): number {
  let taken = 0
  while (taken < 10_000 && budget.take(nowMs)) taken += 1
  return taken
}

test('three further attempts a second are always allowed', () => {
  const budget = new RetryBudget(0)
  assert.equal(takeAll(budget, 1_000), 3)
  assert.equal(takeAll(budget, 1_999), 0)
  assert.equal(takeAll(budget, 2_000), 3)
  assert.equal(budget.retries, 6)
})

test('beyond, they are a share of the requests of the last ten seconds', () => {
  const budget = new RetryBudget(20)
  for (let i = 0; i < 1000; i++) budget.countRequest(50_000 + i * 5)
  assert.equal(takeAll(budget, 55_000), 200)
  assert.equal(takeAll(budget, 56_000), 3)
  assert.equal(takeAll(budget, 90_000), 3, 'requests of long ago do not count')
})

test('a clock that is set back leaves the budget working', () => {
  const budget = new RetryBudget(100)
  for (let i = 0; i < 50; i++) budget.countRequest(1_000_000)
  budget.countRequest(999_500)
  assert.equal(takeAll(budget, 1_000_000), 51)
  for (let i = 0; i < 20; i++) budget.countRequest(5_000)
  assert.equal(takeAll(budget, 5_000), 20)
})
