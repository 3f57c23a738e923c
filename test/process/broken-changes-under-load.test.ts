import assert from 'node:assert/strict'
import { test } from 'node:test'
import { breakUnderLoad } from '../soak/broken-changes-under-load.ts'

test('F2: broken changes under load change nothing, and the next good one is taken', async t => {
  const verdict = await breakUnderLoad(t, { changes: 10 })
  assert.deepEqual(verdict.complaints, [])
})
