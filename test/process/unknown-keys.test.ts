import assert from 'node:assert/strict'
import { test } from 'node:test'
import { floodUnknownKeys } from '../soak/unknown-keys.ts'

test('F4: a flood of unknown keys is 401, costs a few fetches, and good callers pass', async t => {
  const verdict = await floodUnknownKeys(t, { tokens: 2000, seconds: 1.5, mostTimes: undefined })
  assert.deepEqual(verdict.complaints, [])
})
