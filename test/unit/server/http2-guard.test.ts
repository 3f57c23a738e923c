import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GUARD_WINDOW_MS, Http2Guard, MAX_PINGS, MAX_SETTINGS_FRAMES } from '../../../src/server/http2-guard.ts'

test('each kind of event has its own limit within 30 s, and starts anew after them', () => {
  let now = 1_000
  const guard = new Http2Guard({ now: () => 0, monotonic: () => now }, 3)
  for (const [event, most] of [
    ['reset', 3],
    ['ping', MAX_PINGS],
    ['settings', MAX_SETTINGS_FRAMES],
  ] as const) {
    for (let i = 0; i < most; i++) assert.ok(guard.allows(event))
    assert.ok(!guard.allows(event), event)
  }
  now += GUARD_WINDOW_MS - 1
  assert.ok(!guard.allows('reset'))
  now += 1
  assert.ok(guard.allows('reset'))
})
