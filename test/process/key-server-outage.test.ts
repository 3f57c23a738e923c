import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loseKeyServer } from '../soak/key-server-outage.ts'

test('F3: whatever becomes of the key server, who has a valid token notices nothing', async t => {
  const verdict = await loseKeyServer(t, { factor: 600, outageSeconds: 1400, mostGrowthMs: undefined })
  assert.deepEqual(verdict.complaints, [])
})
