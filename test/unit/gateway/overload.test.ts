import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ProcessFacts } from '../../../src/gateway/gateway.ts'
import { createOverload } from '../../../src/gateway/overload.ts'
import { createTestClock } from '../../support/clock.ts'
import { createCompileBench } from '../../support/compile-parts.ts'
import { LIMITS } from '../../support/front-door.ts'

const FACTS: ProcessFacts = { residentMemoryBytes: 100, cpuSeconds: 0, nodeVersion: '0' }

function createBench(t: TestContext, read: () => ProcessFacts) {
  const clock = createTestClock()
  const { parts } = createCompileBench(clock)
  const overload = createOverload(LIMITS, { ...parts, clock, schedule: clock.schedule }, read)
  t.after(() => overload.close())
  return { clock, overload, counters: parts.counters }
}

test('a container without a limit, however the platform writes it, is never full', t => {
  for (const memoryLimitBytes of [undefined, 0, 2 ** 63, Number.POSITIVE_INFINITY]) {
    const { clock, overload } = createBench(t, () => ({ ...FACTS, memoryLimitBytes }))
    clock.advance(5_000)
    assert.equal(overload.view().guard, undefined, String(memoryLimitBytes))
  }
})

test('a container that is full raises the guard, and the gauges say so', t => {
  const { clock, overload } = createBench(t, () => ({ ...FACTS, memoryLimitBytes: 100 }))
  clock.advance(5_000)
  assert.equal(overload.view().guard, 'memory')
  overload.guard.refuse()
  overload.connections.admit()
  const gauges = overload.gauges()
  assert.equal(gauges.guard, 'memory')
  assert.deepEqual(gauges.refusedRequests, { event_loop_delay: 0, memory: 1 })
  assert.ok(gauges.heapBytes > 0 && gauges.heapBytes < gauges.heapLimitBytes)
})

test('other limits are taken over by both guards', t => {
  const { clock, overload } = createBench(t, () => ({ ...FACTS, memoryLimitBytes: 101 }))
  clock.advance(5_000)
  assert.equal(overload.view().guard, 'memory')
  overload.update({ ...LIMITS, maxMemoryUse: 100, maxConnections: 1 })
  clock.advance(5_000)
  assert.equal(overload.view().guard, 'memory', 'less than two percent of room')
  assert.deepEqual([overload.connections.admit(), overload.connections.admit()], ['served', 'refused'])
  assert.equal(overload.view().refusedConnections, 1)
})

test('facts that cannot be read are a defect that is counted, not an exception of a timer', t => {
  const { clock, overload, counters } = createBench(t, () => {
    throw new Error('broken')
  })
  clock.advance(2_000)
  assert.ok(counters.defects >= 3)
  assert.equal(overload.guard.refuse(), undefined)
})
