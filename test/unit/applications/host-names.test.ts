import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHostNames } from '../../../src/applications/host-names.ts'
import { createTestClock } from '../../support/clock.ts'

/** Host names over a table that the test changes; an error code stands for a failure. */
function build(table: Record<string, readonly string[] | string>) {
  const clock = createTestClock()
  const warnings: unknown[] = []
  let asked = 0
  const names = createHostNames(Object.keys(table), {
    clock,
    schedule: clock.schedule,
    logger: { debug() {}, info() {}, error() {}, warn: facts => void warnings.push(facts) },
    resolve: async name => {
      asked += 1
      const answer = table[name]
      if (typeof answer === 'object') return answer
      throw Object.assign(new Error('failed'), { code: answer })
    },
  })
  const refresh = async (ms = 60_000): Promise<void> => {
    const before = asked
    clock.advance(ms)
    while (clock.timers() === 0 || asked === before) await new Promise(resolve => setImmediate(resolve))
  }
  return { names, clock, warnings, refresh }
}

test('names are resolved in the background and compared by address, whatever its spelling', async () => {
  const { names } = build({ a: ['192.0.2.1', '::ffff:192.0.2.2'], b: ['192.0.2.1', '2001:DB8:0::1'] })
  assert.deepEqual(names.namesAt('192.0.2.1'), [])
  await names.settled()
  assert.deepEqual([...names.namesAt('192.0.2.1')].sort(), ['a', 'b'])
  assert.deepEqual(names.namesAt('192.0.2.2'), ['a'])
  assert.deepEqual(names.namesAt('2001:db8::1'), ['b'])
  assert.deepEqual(names.namesAt('192.0.2.3'), [])
  await names.close()
})

test('a change of the name is followed, and a name that is gone loses its addresses at once', async () => {
  const table: Record<string, readonly string[] | string> = { a: ['192.0.2.1'] }
  const { names, refresh, warnings } = build(table)
  await names.settled()
  table['a'] = ['192.0.2.9']
  await refresh()
  assert.deepEqual([names.namesAt('192.0.2.1'), names.namesAt('192.0.2.9')], [[], ['a']])
  table['a'] = 'ENOTFOUND'
  await refresh()
  assert.deepEqual(names.namesAt('192.0.2.9'), [])
  assert.deepEqual(warnings, [{ hostName: 'a', reason: 'ENOTFOUND' }])
  await names.close()
})

test('while the resolver is down the last answer serves for ten minutes', async () => {
  const table: Record<string, readonly string[] | string> = { a: ['192.0.2.1'] }
  const { names, refresh } = build(table)
  await names.settled()
  table['a'] = 'ETIMEOUT'
  for (let minute = 0; minute < 10; minute++) await refresh()
  assert.deepEqual(names.namesAt('192.0.2.1'), ['a'])
  await refresh()
  assert.deepEqual(names.namesAt('192.0.2.1'), [])
  await names.close()
})

test('nothing is scheduled without names, or once closed', async () => {
  const empty = build({})
  await empty.names.settled()
  assert.equal(empty.clock.timers(), 0)
  const { names, clock } = build({ a: ['192.0.2.1'] })
  await names.settled()
  assert.equal(clock.timers(), 1)
  await names.close()
  assert.equal(clock.timers(), 0)
})
