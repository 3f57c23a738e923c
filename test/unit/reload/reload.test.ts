import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReloadBench, TIE } from '../../support/reload-bench.ts'

test('a change is loaded, built beside what runs, and put in force', async () => {
  const bench = createReloadBench()
  bench.disk = 'two'
  bench.findings = [TIE]
  const status = await bench.reloader.request('file')
  assert.deepEqual(bench.steps, ['load', 'build two', 'swap two'])
  assert.partialDeepStrictEqual(status, { result: 'applied', reason: 'file', revision: 'two', durationMs: 2 })
  assert.deepEqual(
    status.problems.map(({ message }) => message),
    ['a tie'],
  )
  assert.equal(status.sources.get('microgateway.yml'), 'two')
  assert.deepEqual(bench.watched, [['/etc/two']])
})

test('equal content builds nothing, and what was found in it still stands', async () => {
  const bench = createReloadBench()
  const status = await bench.reloader.request('signal')
  assert.deepEqual(bench.steps, ['load'])
  assert.equal(status.result, 'unchanged')
  assert.deepEqual(
    status.problems.map(({ message }) => message),
    ['a tie'],
  )
})

test('after a change the findings are those of the new settings', async () => {
  const bench = createReloadBench()
  bench.disk = 'two'
  await bench.reloader.request('signal')
  assert.deepEqual((await bench.reloader.request('signal')).problems, [])
})

test('what does not load or does not build changes nothing', async () => {
  const bench = createReloadBench()
  bench.disk = 'broken'
  const broken = await bench.reloader.request('signal')
  assert.partialDeepStrictEqual(broken, { result: 'refused', revision: 'one' })
  assert.deepEqual(bench.watched, [['/etc/broken']], 'what was read is watched all the same')
  bench.disk = 'two'
  bench.findings = [{ ...TIE, severity: 'error', message: 'a port in use' }]
  const refused = await bench.reloader.request('signal')
  assert.deepEqual(
    refused.problems.map(({ message }) => message),
    ['a port in use'],
  )
  assert.equal(bench.revision, 'one')
  assert.ok(!bench.steps.some(step => step.startsWith('swap')))
})

test('a file that is seen half written is looked at twice before anybody is alarmed', async () => {
  const bench = createReloadBench()
  bench.disk = 'broken'
  bench.onStep = step => {
    if (step === 'pause') bench.disk = 'two'
  }
  assert.equal((await bench.reloader.request('file')).result, 'applied')
  assert.deepEqual(bench.steps, ['load', 'pause', 'load', 'build two', 'swap two'])
  assert.equal(bench.reports.length, 1)
})

test('a file that stays broken is refused after the second look; who asked for it gets the first', async () => {
  const bench = createReloadBench()
  bench.disk = 'broken'
  assert.equal((await bench.reloader.request('file')).result, 'refused')
  assert.deepEqual(bench.steps.splice(0), ['load', 'pause', 'load'])
  assert.equal((await bench.reloader.request('signal')).result, 'refused')
  assert.deepEqual(bench.steps, ['load'])
})
