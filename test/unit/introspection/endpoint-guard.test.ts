import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EndpointGuard } from '../../../src/introspection/endpoint-guard.ts'
import { createTestClock } from '../../support/clock.ts'

test('after three failures in a row one call a second gets through, until one goes well', () => {
  const clock = createTestClock()
  const guard = new EndpointGuard(clock)
  guard.noteFailure()
  guard.noteFailure()
  guard.noteSuccess()
  for (let i = 0; i < 3; i++) {
    assert.equal(guard.admit(), undefined)
    guard.noteFailure()
  }
  assert.ok(guard.isShut)
  assert.equal(guard.admit(), 1_000)
  clock.advance(400)
  assert.equal(guard.admit(), 600)
  clock.advance(600)
  assert.equal(guard.admit(), undefined, 'the probe')
  assert.equal(guard.admit(), 1_000, 'and no second one')
  guard.noteFailure()
  clock.advance(999)
  assert.equal(guard.admit(), 1)
  clock.advance(1)
  assert.equal(guard.admit(), undefined)
  guard.noteSuccess()
  assert.ok(!guard.isShut)
  assert.equal(guard.admit(), undefined)
  assert.equal(guard.admit(), undefined)
})
