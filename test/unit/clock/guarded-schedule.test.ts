import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuardedSchedule } from '../../../src/clock/guarded-schedule.ts'
import { createTestClock } from '../../support/clock.ts'

test('what a timer throws is told and ends there', () => {
  const clock = createTestClock()
  const defects: unknown[] = []
  const schedule = createGuardedSchedule(clock.schedule, error => defects.push(error))
  const ran: string[] = []
  schedule(5, () => {
    throw new Error('broken')
  })
  schedule(10, () => ran.push('after'))
  const cancel = schedule(10, () => ran.push('cancelled'))
  cancel()
  clock.advance(20)
  assert.deepEqual(ran, ['after'])
  assert.match(String(defects), /broken/)
})
