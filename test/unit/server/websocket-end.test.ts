import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { WebSocketEnd } from '../../../src/server/websocket-end.ts'
import { createTestClock, type TestClock } from '../../support/clock.ts'
import { connectPair } from '../../support/socket-pair.ts'
import { until } from '../../support/upstream.ts'
import { closeFrame, makeFrame } from '../../support/websocket-frames.ts'

const EXPIRED = { code: 'stream.expired' } as const
const CLOSED = closeFrame(1008, 'The token of the stream has expired')

interface Bench {
  readonly clock: TestClock
  readonly end: WebSocketEnd
  /** What the tunnel reads from and writes to. */
  readonly socket: Socket
  readonly caller: Socket
  readonly received: () => Buffer
}

async function openBench(t: TestContext): Promise<Bench> {
  const { near: caller, far: socket } = await connectPair()
  t.after(() => {
    caller.destroy()
    socket.destroy()
  })
  const clock = createTestClock()
  const chunks: Buffer[] = []
  caller.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { clock, end: new WebSocketEnd(socket, clock.schedule), socket, caller, received: () => Buffer.concat(chunks) }
}

test('an open WebSocket gets what is written to it, as it is', async t => {
  const { socket, caller, received } = await openBench(t)
  const frames = [makeFrame(3, false), makeFrame(200, false)]
  for (const frame of frames) socket.write(frame)
  socket.end('as text')
  await once(caller, 'end')
  assert.ok(received().equals(Buffer.concat([...frames, Buffer.from('as text')])))
})

test('between two frames the close frame leaves at once, and nothing behind it', async t => {
  const { socket, caller, received, end } = await openBench(t)
  const frame = makeFrame(3, false)
  socket.write(frame)
  end.close(EXPIRED)
  assert.equal(socket.write(frame), true)
  await once(caller, 'end')
  assert.ok(received().equals(Buffer.concat([frame, CLOSED])))
})

test('within a frame the close frame waits for its end', async t => {
  const { socket, caller, received, end } = await openBench(t)
  const frame = makeFrame(300, false)
  socket.write(frame.subarray(0, 100))
  end.close(EXPIRED)
  socket.write(frame.subarray(100, 200))
  socket.write(Buffer.concat([frame.subarray(200), frame]))
  await once(caller, 'end')
  assert.ok(received().equals(Buffer.concat([frame, CLOSED])))
})

test('a caller that answers and closes is gone before the grace is over', async t => {
  const { socket, caller, clock, end } = await openBench(t)
  end.close(EXPIRED)
  await once(caller, 'end')
  caller.end(makeFrame(2, true))
  await once(socket, 'close')
  assert.equal(clock.timers(), 0)
})

test('a caller that does not close, and a frame that does not end, are cut after the grace', async t => {
  for (const start of [makeFrame(3, false), makeFrame(3, false).subarray(0, 1)]) {
    const { socket, clock, end } = await openBench(t)
    socket.write(start)
    end.close(EXPIRED)
    clock.advance(1_499)
    assert.ok(!socket.destroyed)
    clock.advance(1)
    assert.ok(socket.destroyed)
  }
})

test('what the caller says after the end goes nowhere', async t => {
  const { socket, caller, end } = await openBench(t)
  const upstream = new PassThrough()
  const taken: Buffer[] = []
  upstream.on('data', chunk => taken.push(chunk))
  socket.pipe(upstream)
  caller.write('before')
  await until(() => taken.length > 0, 'the first bytes')
  end.close(EXPIRED)
  caller.end('after')
  await once(socket, 'close')
  assert.equal(Buffer.concat(taken).toString(), 'before')
})

test('a time limit says that the caller may come again', async t => {
  const { caller, received, end } = await openBench(t)
  end.close({ code: 'stream.timeout' })
  end.close(EXPIRED)
  await once(caller, 'end')
  assert.ok(received().equals(closeFrame(1001, 'The stream has reached its time limit')))
})

test('a socket that is gone stays gone', async t => {
  const { socket, clock, end } = await openBench(t)
  socket.destroy()
  end.close(EXPIRED)
  assert.equal(clock.timers(), 0)
})

test('who waits for a write is called back, also for one that is dropped', async t => {
  const { socket, end } = await openBench(t)
  await new Promise<void>(resolve => void socket.write('a', () => resolve()))
  end.close(EXPIRED)
  await new Promise<void>(resolve => void socket.write(makeFrame(200, false), 'utf8', () => resolve()))
  await new Promise<void>(resolve => void socket.write('b', 'latin1', () => resolve()))
})
