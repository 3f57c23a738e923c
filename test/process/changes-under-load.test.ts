import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeUnderLoad } from '../soak/changes-under-load.ts'

test('F1: changes under load fail nobody, judge nobody wrong, and are soon in force', async t => {
  // Other tests have the machine as well: the measure of one second is that of `npm run soak -- F1`.
  const verdict = await changeUnderLoad(t, { writes: 60, bursts: 3, seconds: 4, mostMs: 3000 })
  assert.deepEqual(verdict.complaints, [])
})
