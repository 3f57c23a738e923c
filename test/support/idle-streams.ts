import assert from 'node:assert/strict'
import { OpenStreams } from '../../src/server/open-streams.ts'
import { createTestClock } from './clock.ts'
import { makeSnapshot } from './make-snapshot.ts'

/** Streams whose time stands still: for what enters and leaves, and is never looked at. */
export function createIdleStreams(): OpenStreams {
  const clock = createTestClock()
  const snapshot = makeSnapshot()
  return new OpenStreams({
    clock,
    schedule: clock.schedule,
    current: () => snapshot,
    judge: () => assert.fail('nothing is judged here'),
    onDefect: cause => assert.fail(String(cause)),
  })
}
