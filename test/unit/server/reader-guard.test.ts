import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { beforeEach, describe, test } from 'node:test'
import { ReaderGuard } from '../../../src/server/reader-guard.ts'
import { createTestClock, type TestClock } from '../../support/clock.ts'

let clock: TestClock
let socket: Socket
let guard: ReaderGuard
let cuts: string[]

const answer = (name: string): { cut(): void } => ({ cut: () => cuts.push(name) })

beforeEach(() => {
  clock = createTestClock()
  socket = new Socket()
  cuts = []
  guard = new ReaderGuard(socket, { ...clock, clock, idleTimeoutMs: 1_000 })
})

describe('bytes that wait for a caller', () => {
  test('cut their answer when they have waited for the whole time, and not before', () => {
    guard.wait(answer('a'))
    clock.advance(999)
    assert.deepEqual(cuts, [])
    clock.advance(1)
    assert.deepEqual(cuts, ['a'])
  })

  test('are not given more time by bytes that come to wait behind them', () => {
    guard.wait(answer('a'))
    clock.advance(900)
    guard.wait(answer('a'))
    clock.advance(100)
    assert.deepEqual(cuts, ['a'])
  })

  test('begin anew once everything was taken', () => {
    guard.wait(answer('a'))
    clock.advance(600)
    guard.taken()
    clock.advance(100)
    guard.wait(answer('b'))
    clock.advance(999)
    assert.deepEqual(cuts, [])
    clock.advance(1)
    assert.deepEqual(cuts, ['b'])
  })

  test('need one timer however often they wait, and none in the end', () => {
    for (let i = 0; i < 100; i++) {
      guard.wait(answer('a'))
      clock.advance(1)
      guard.taken()
    }
    assert.equal(clock.timers(), 1)
    clock.advance(1_000)
    assert.equal(clock.timers(), 0)
    assert.deepEqual(cuts, [])
  })

  test('leave no timer behind when the connection closes', async () => {
    guard.wait(answer('a'))
    socket.destroy()
    await once(socket, 'close')
    assert.equal(clock.timers(), 0)
    assert.deepEqual(cuts, [])
  })
})
