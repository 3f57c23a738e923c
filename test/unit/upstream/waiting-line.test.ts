import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dispatcher } from 'undici'
import { codeOf } from '../../../src/upstream/failure.ts'
import type { PoolHandler } from '../../../src/upstream/pool.ts'
import { WaitingLine } from '../../../src/upstream/waiting-line.ts'
import { until } from '../../support/upstream.ts'

const OPTIONS: Dispatcher.DispatchOptions = { method: 'GET', path: '/' }
const LONG_MS = 60_000

/** A request that writes down what it is told. */
function makeWaiter(): PoolHandler & { readonly told: (string | undefined)[] } {
  const told: (string | undefined)[] = []
  return { connection: undefined, told, onResponseError: (_controller, error) => told.push(codeOf(error)) }
}

test('who came first is first', () => {
  const line = new WaitingLine(LONG_MS)
  const all = [makeWaiter(), makeWaiter(), makeWaiter()]
  for (const waiter of all) line.add(OPTIONS, waiter, 3)
  assert.deepEqual([line.shift()?.handler, line.shift()?.handler, line.shift()?.handler], all)
  assert.deepEqual([line.shift(), line.size], [undefined, 0])
})

test('a line that is full takes nobody, and says so at once', () => {
  const line = new WaitingLine(LONG_MS)
  const [first, second] = [makeWaiter(), makeWaiter()]
  line.add(OPTIONS, first, 1)
  line.add(OPTIONS, second, 1)
  assert.deepEqual([first.told, second.told, line.size], [[], ['POOL_LINE_FULL'], 1])
  line.fail(new Error('the end'))
})

test('who leaves makes room for the next, and hears nothing more', () => {
  const line = new WaitingLine(LONG_MS)
  const [first, second] = [makeWaiter(), makeWaiter()]
  line.add(OPTIONS, first, 1)
  assert.deepEqual([line.remove(first), line.remove(first)], [true, false])
  line.add(OPTIONS, second, 1)
  line.fail(Object.assign(new Error('the end'), { code: 'END' }))
  assert.deepEqual([first.told, second.told, line.size], [[], ['END'], 0])
})

test('nobody waits longer than the line says', async () => {
  const line = new WaitingLine(5)
  const [first, second] = [makeWaiter(), makeWaiter()]
  line.add(OPTIONS, first, 2)
  line.add(OPTIONS, second, 2)
  assert.equal(line.shift()?.handler, first)
  await until(() => second.told.length > 0, 'the end of the wait')
  assert.deepEqual([first.told, second.told, line.size], [[], ['POOL_WAIT_TIMEOUT'], 0])
})
