import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MemoryUse, OverloadGuard } from '../../../src/server/overload-guard.ts'
import type { LimitsSettings } from '../../../src/settings/model.ts'
import { createTestClock } from '../../support/clock.ts'
import { LIMITS } from '../../support/front-door.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'

const PLENTY: MemoryUse = { heapBytes: 10, heapLimitBytes: 100, residentBytes: 10, residentLimitBytes: undefined }

function createBench(limits: Partial<LimitsSettings> = {}) {
  const logger = createSilentLogger()
  const defects: unknown[] = []
  const world: { memory: MemoryUse | undefined } = { memory: PLENTY }
  const clock = createTestClock()
  /** Milliseconds that the event loop will be busy when the next look is due. */
  let busyMs = 0
  let monotonic = 0
  let due: { readonly at: number; readonly run: () => void } | undefined
  const guard = new OverloadGuard({
    clock: { now: clock.now, monotonic: () => monotonic },
    schedule(delayMs, run) {
      due = { at: monotonic + delayMs, run }
      return () => {
        due = undefined
      }
    },
    logger,
    limits: { ...LIMITS, ...limits },
    memory() {
      if (world.memory === undefined) throw new Error('broken')
      return world.memory
    },
    onDefect: error => defects.push(error),
  })
  const look = (times: number, lateMs = 0): void => {
    for (let i = 0; i < times; i++) {
      const planned = due
      assert.ok(planned !== undefined, 'a look is planned')
      busyMs = lateMs
      monotonic = planned.at + busyMs
      planned.run()
    }
  }
  return { guard, logger, defects, world, look, isPlanned: () => due !== undefined }
}

test('one stall, however long, refuses nobody', () => {
  const { guard, look } = createBench()
  look(5)
  look(1, 60_000)
  look(1)
  look(2, 2_000)
  assert.equal(guard.refuse(), undefined)
  look(1)
  look(2, 2_000)
  assert.equal(guard.refuse(), undefined)
})

test('an event loop that is late again and again refuses requests until it was punctual for a while', () => {
  const { guard, look, logger } = createBench()
  look(3, 1_001)
  assert.equal(guard.guard, 'event_loop_delay')
  assert.deepEqual(guard.refuse(), { code: 'gateway.overloaded', facts: { reason: 'event_loop_delay' } })
  look(9)
  look(1, 600)
  look(9)
  assert.notEqual(guard.refuse(), undefined, 'a look above half the limit begins the wait anew')
  look(1)
  assert.equal(guard.refuse(), undefined)
  assert.deepEqual(guard.refused, { event_loop_delay: 2, memory: 0 })
  const [up, down, ...more] = logger.lines
  assert.deepEqual(more, [], 'once per change')
  assert.equal(up?.level, 'warn')
  assert.deepEqual(up?.facts, { guard: 'event_loop_delay', value: 1_001, limit: 1_000, unit: 'ms' })
  assert.equal(down?.level, 'info')
  assert.match(down?.message ?? '', /served again/)
})

test('a full heap refuses requests until there is room again', () => {
  const { guard, look, world, logger } = createBench({ maxMemoryUse: 90 })
  world.memory = { ...PLENTY, heapBytes: 91 }
  look(5)
  assert.equal(guard.refuse(), undefined, 'one look is a moment')
  look(5)
  assert.equal(guard.refuse()?.facts?.['reason'], 'memory')
  world.memory = { ...PLENTY, heapBytes: 89 }
  look(20)
  assert.notEqual(guard.refuse(), undefined, 'not yet far enough below')
  world.memory = { ...PLENTY, heapBytes: 88 }
  look(10)
  assert.equal(guard.refuse(), undefined)
  assert.partialDeepStrictEqual(logger.lines[0]?.facts, { guard: 'memory', value: 91, limit: 90, of: 'heap' })
})

test('a container that is nearly full counts like a full heap; without a limit only the heap does', () => {
  const { guard, look, world } = createBench()
  world.memory = { ...PLENTY, residentBytes: 1_000_000 }
  look(20)
  assert.equal(guard.guard, undefined)
  world.memory = { ...PLENTY, residentBytes: 96, residentLimitBytes: 100 }
  look(10)
  assert.equal(guard.guard, 'memory')
})

test('other limits count from the next look on', () => {
  const { guard, look } = createBench()
  guard.update({ ...LIMITS, maxEventLoopDelayMs: 50 })
  look(3, 60)
  assert.equal(guard.guard, 'event_loop_delay')
  guard.update({ ...LIMITS, maxEventLoopDelayMs: 200 })
  look(10, 60)
  assert.equal(guard.guard, undefined)
})

test('memory that cannot be read is a defect, and looking goes on', () => {
  const { guard, look, world, defects } = createBench()
  world.memory = undefined
  look(10)
  assert.ok(defects.length > 0)
  assert.equal(guard.guard, undefined)
  look(3, 2_000)
  assert.equal(guard.guard, 'event_loop_delay')
})

test('the figures are those of the last looks', () => {
  const { guard, look } = createBench()
  assert.deepEqual(guard.delays(), { p50: 0, p99: 0, max: 0 })
  look(96, 10)
  look(4, 500)
  assert.deepEqual(guard.delays(), { p50: 10, p99: 500, max: 500 })
  look(300)
  assert.deepEqual(guard.delays(), { p50: 0, p99: 0, max: 0 })
})

test('nothing is planned after the end', () => {
  const { guard, isPlanned } = createBench()
  guard.close()
  assert.equal(isPlanned(), false)
})
