import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAdminView, type ViewSources } from '../../../src/gateway/admin-view.ts'
import type { GatewayOptions } from '../../../src/gateway/gateway.ts'
import { readGauges } from '../../../src/gateway/gauges.ts'
import type { Listener } from '../../../src/server/listener.ts'
import type { Snapshot } from '../../../src/snapshot/snapshot.ts'
import { makeSnapshot } from '../../support/make-snapshot.ts'
import { STARTED } from '../../support/reload-bench.ts'

const LISTENER: Partial<Listener> = { kind: 'http', url: 'http://127.0.0.1:1', connections: () => 3 }

function createWorld() {
  const world = { draining: false, snapshot: makeSnapshot({ settings: { revision: 'one' } }), last: STARTED }
  const sources: ViewSources = {
    version: '1.2.3',
    startedAtMs: 1_000,
    draining: () => world.draining,
    sinceMs: () => 2_000,
    snapshot: (): Snapshot => world.snapshot,
    listeners: () => [LISTENER as Listener],
    lastReload: () => world.last,
    keptRevocations: () => 4,
    overload: () => ({ guard: undefined, refusedConnections: 0, refusedRequests: { event_loop_delay: 0, memory: 0 } }),
  }
  return { world, view: createAdminView(sources) }
}

test('each look tells the state of its moment', () => {
  const { world, view } = createWorld()
  assert.equal(view.inForce()?.settings.revision, 'one')
  assert.deepEqual(view.listeners(), [{ kind: 'http', url: 'http://127.0.0.1:1', accepting: true, connections: 3 }])
  world.snapshot = makeSnapshot({ settings: { revision: 'two' } })
  world.draining = true
  assert.equal(view.inForce()?.settings.revision, 'two')
  assert.equal(view.listeners()[0]?.accepting, false)
})

test('the gauges say whether what is on disk is in force, and when it last was', () => {
  const { world, view } = createWorld()
  const facts = { residentMemoryBytes: 1, cpuSeconds: 2, nodeVersion: '26.0.0' }
  const options: Partial<GatewayOptions> = {
    version: '1.2.3',
    processFacts: () => facts,
    destination: { write: () => {}, dropped: 4, close: () => Promise.resolve() },
  }
  const overload = {
    guard: undefined,
    eventLoopDelayMs: { p50: 0, p99: 0, max: 0 },
    heapBytes: 1,
    heapLimitBytes: 2,
    refusedConnections: 3,
    refusedRequests: { memory: 4 },
  }
  const tokenCache = { hits: 5, misses: 6 }
  const streams = { open: { websocket: 7 }, ended: { expired: 8 } }
  const read = () => readGauges(options as GatewayOptions, view, 1_500, { tokenCache, overload, streams })
  assert.partialDeepStrictEqual(read(), {
    ...facts,
    revision: 'one',
    lastReloadSuccessful: true,
    lastReloadSuccessAtMs: 1_500,
    connections: 3,
    droppedLogLines: 4,
    tokenCache,
    overload,
    streams,
  })
  world.last = { ...STARTED, result: 'refused' }
  assert.partialDeepStrictEqual(read(), { lastReloadSuccessful: false, lastReloadSuccessAtMs: 1_500 })
  world.last = { ...STARTED, result: 'unchanged' }
  assert.equal(read().lastReloadSuccessful, true)
})
