import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stopUnderLoad } from '../soak/stop-under-load.ts'

test('F10: SIGTERM under load is served to the last accepted request', async t => {
  const verdict = await stopUnderLoad(t, { rounds: 2, callers: 16 })
  assert.deepEqual(verdict.complaints, [])
})
