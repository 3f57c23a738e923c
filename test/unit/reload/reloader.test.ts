import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReloadBench, STARTED } from '../../support/reload-bench.ts'

test('one reload runs at a time, and all requests during it are one more', async () => {
  const bench = createReloadBench()
  const gate = Promise.withResolvers<void>()
  bench.onStep = () => gate.promise
  bench.disk = 'two'
  const first = bench.reloader.request('file')
  const others = Array.from({ length: 5 }, () => bench.reloader.request('file'))
  assert.equal(new Set(others).size, 1)
  bench.disk = 'three'
  gate.resolve()
  assert.equal((await first).revision, 'three')
  assert.equal((await others[0])?.result, 'unchanged')
  assert.deepEqual(bench.steps, ['load', 'build three', 'swap three', 'load'])
})

test('who asks again as soon as it is answered never meets the run behind it', async () => {
  const bench = createReloadBench()
  let running = 0
  bench.onStep = async step => {
    if (step !== 'load') return
    running += 1
    assert.equal(running, 1, 'two reloads at a time')
    await new Promise(resolve => setImmediate(resolve))
    running -= 1
  }
  const { reloader } = bench
  const again = reloader.request('admin').then(() => reloader.request('admin'))
  const also = reloader.request('signal').then(() => reloader.request('signal'))
  await Promise.all([again, also])
  assert.deepEqual(bench.defects, [])
})

test('of reasons that are taken together, that of somebody who waits for an answer counts', async () => {
  const bench = createReloadBench()
  const gate = Promise.withResolvers<void>()
  bench.onStep = () => gate.promise
  void bench.reloader.request('file')
  void bench.reloader.request('file')
  const asked = bench.reloader.request('signal')
  void bench.reloader.request('file')
  gate.resolve()
  assert.equal((await asked).reason, 'signal')
})

test('each end is told with the one before, before whoever asked hears of it', async () => {
  const bench = createReloadBench()
  assert.equal(bench.reloader.last(), STARTED)
  bench.disk = 'broken'
  const first = await bench.reloader.request('signal')
  assert.deepEqual(bench.reports, [[first, STARTED]])
  assert.equal(bench.reloader.last(), first)
  bench.disk = 'one'
  await bench.reloader.request('signal')
  assert.equal(bench.reports[1]?.[1], first)
})

test('a step that throws is a refused reload and a defect, and the next change is taken', async () => {
  const bench = createReloadBench()
  const defect = new Error('a defect')
  bench.disk = 'two'
  bench.onStep = step => (step === 'build two' ? Promise.reject(defect) : undefined)
  const status = await bench.reloader.request('file')
  assert.partialDeepStrictEqual(status, { result: 'refused', reason: 'file', revision: 'one' })
  assert.equal(status.problems[0]?.code, 'config.defect')
  assert.deepEqual(bench.defects, [defect])
  bench.disk = 'three'
  assert.equal((await bench.reloader.request('file')).result, 'applied')
})

test('a listener that throws stops no reload', async () => {
  const bench = createReloadBench()
  bench.onReport = () => {
    throw new Error('a listener')
  }
  bench.disk = 'two'
  assert.equal((await bench.reloader.request('file')).result, 'applied')
  assert.equal(bench.defects.length, 1)
})

test('closing waits for the run under way and begins no other', async () => {
  const bench = createReloadBench()
  const gate = Promise.withResolvers<void>()
  bench.onStep = () => gate.promise
  bench.disk = 'two'
  void bench.reloader.request('file')
  const waiting = bench.reloader.request('file')
  const closed = bench.reloader.close()
  gate.resolve()
  await closed
  assert.equal((await waiting).revision, 'two')
  assert.equal((await bench.reloader.request('file')).revision, 'two')
  assert.deepEqual(bench.steps, ['load', 'build two', 'swap two'])
})
