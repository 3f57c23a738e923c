import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendMalformed } from '../soak/malformed-input.ts'

test('F6: malformed requests and tokens leave the same process, and nothing of them is forwarded', async t => {
  const verdict = await sendMalformed(t, { count: 1000, seed: 6, mostMib: undefined, mostGrowth: undefined })
  assert.deepEqual(verdict.complaints, [])
})
