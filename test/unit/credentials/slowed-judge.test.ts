import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlowedJudge } from '../../../src/credentials/slowed-judge.ts'
import { createTestClock } from '../../support/clock.ts'

const right = (): boolean => true
const wrong = (): boolean => false

function createBench() {
  const clock = createTestClock()
  const judge = createSlowedJudge({ clock, schedule: clock.schedule })
  const fail = (times: number, address = '192.0.2.1') => {
    for (let i = 0; i < times; i++) void judge.judge(address, `guess ${i}`, wrong)
  }
  return { clock, judge, fail }
}

test('the first mistakes of an address cost nothing, the next one waits', async () => {
  const { clock, judge, fail } = createBench()
  fail(2)
  assert.equal(judge.judge('192.0.2.1', 'x', wrong), 'wrong')
  const held = judge.judge('192.0.2.1', 'x', wrong)
  assert.ok(held instanceof Promise)
  clock.advance(250)
  assert.equal(await held, 'wrong')
})

test('a right secret of a slowed address waits its turn as wrong ones do', async () => {
  const { clock, judge, fail } = createBench()
  fail(4)
  const guess = judge.judge('192.0.2.1', 'guess', wrong)
  const true_ = judge.judge('192.0.2.1', 'secret', right)
  const order: string[] = []
  void Promise.resolve(guess).then(told => order.push(told))
  void Promise.resolve(true_).then(told => order.push(told))
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(order, [])
  clock.advance(10_000)
  await Promise.all([guess, true_])
  assert.deepEqual(order, ['wrong', 'right'])
})

test('a secret that was right a moment ago passes at once, unless it is wrong now', () => {
  const { clock, judge, fail } = createBench()
  assert.equal(judge.judge('192.0.2.1', 'secret', right), 'right')
  fail(4)
  assert.equal(judge.judge('192.0.2.1', 'secret', right), 'right')
  assert.ok(judge.judge('192.0.2.1', 'secret', wrong) instanceof Promise)
  clock.advance(61_000)
  assert.ok(judge.judge('192.0.2.1', 'secret', right) instanceof Promise)
})

test('few may wait behind one address, and another address does not wait', () => {
  const { judge, fail } = createBench()
  fail(4, '2001:db8::1')
  fail(5, '2001:db8::2')
  return Promise.resolve(judge.judge('2001:db8::3', 'x', wrong)).then(async told => {
    assert.equal(told, 'busy', 'one network is one address')
    assert.equal(judge.judge('192.0.2.9', 'x', wrong), 'wrong')
  })
})
