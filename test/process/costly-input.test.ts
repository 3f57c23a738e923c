import assert from 'node:assert/strict'
import { test } from 'node:test'
import { weighRequests } from '../soak/costly-input.ts'

test('F11: requests that were made to cost much are all answered', async t => {
  const verdict = await weighRequests(t, { rounds: 3, most: undefined })
  assert.deepEqual(verdict.complaints, [])
})
