import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restartUpstream } from '../soak/upstream-restarts.ts'

test('F5: an upstream that is killed under load is 502, 503 or 504, and no POST reaches it twice', async t => {
  const verdict = await restartUpstream(t, { kills: 3, awayMs: 100, backMs: 500, isTimed: false })
  assert.deepEqual(verdict.complaints, [])
})
