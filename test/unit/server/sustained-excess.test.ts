import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SustainedExcess } from '../../../src/server/sustained-excess.ts'

test('an excess counts once it lasts, and is over once that lasts', () => {
  const excess = new SustainedExcess(2, 3)
  const changes = [5, 11, 10, 11, 11, 9, 4, 4, 6, 4, 4, 4, 4].map(value => excess.observe(value, 10, 5))
  assert.deepEqual(
    changes.flatMap((changed, at) => (changed ? [at] : [])),
    [4, 11],
  )
  assert.equal(excess.isUp, false)
})

test('an excess with a longest time is over after it, and counts again once it lasts', () => {
  const excess = new SustainedExcess(2, 2, 4)
  const changes = Array.from({ length: 9 }, () => excess.observe(11, 10, 5))
  assert.deepEqual(
    changes.flatMap((changed, at) => (changed ? [at] : [])),
    [1, 5, 7],
  )
})
