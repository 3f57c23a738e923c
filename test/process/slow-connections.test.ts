import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdSlowConnections } from '../soak/slow-connections.ts'

test('F7: slow heads, bodies and readers are gone when their time is up, and good callers pass', async t => {
  const verdict = await holdSlowConnections(t, {
    connections: 60,
    openSeconds: 0.3,
    timeoutSeconds: 1,
    mostTimes: undefined,
    mostMib: undefined,
  })
  assert.deepEqual(verdict.complaints, [])
})
