import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '../../../src/exchange/exchange.ts'
import type { RequestHead } from '../../../src/message/request-head.ts'
import { openListener } from '../../../src/server/listener.ts'
import { openFrontDoor } from '../../support/front-door.ts'
import { openRawSocket, parseAnswers } from '../../support/raw-socket.ts'

const GET = 'GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n'

/** A handler that keeps each answer until told. */
function createHold(): { handle(head: RequestHead, reply: Reply): void; reached: Promise<void>; release(): void } {
  const reached = Promise.withResolvers<void>()
  const held: Reply[] = []
  return {
    reached: reached.promise,
    handle: (_head, reply) => {
      held.push(reply)
      reached.resolve()
    },
    release: () => {
      for (const reply of held.splice(0)) reply.send(200, [], 'late')
    },
  }
}

test('a listener says where it is, and takes a free port where none is named', async () => {
  const door = await openFrontDoor()
  const { listener } = door
  assert.equal(listener.address().host, '127.0.0.1')
  assert.ok(listener.address().port > 0)
  assert.equal(listener.url, `http://127.0.0.1:${door.port}`)
  assert.equal(listener.connections(), 0)
  const socket = await openRawSocket({ port: door.port })
  socket.send(GET)
  await socket.until(/ok/)
  assert.equal(listener.connections(), 1)
  await door.close()
  await socket.closed()
  assert.equal(listener.connections(), 0)
})

test('a port that is taken is an error of the system', async () => {
  const door = await openFrontDoor()
  const wanted = { host: '127.0.0.1', port: door.port }
  await assert.rejects(openListener(wanted, 'http', door.parts), { code: 'EADDRINUSE' })
  await door.close()
})

test('draining refuses new connections, answers what is under way, and says that it was the last', async () => {
  const hold = createHold()
  const door = await openFrontDoor(hold)
  const socket = await openRawSocket({ port: door.port })
  socket.send(GET)
  await hold.reached
  const drained = door.listener.drain()
  await assert.rejects(openRawSocket({ port: door.port }), { code: 'ECONNREFUSED' })
  hold.release()
  const [answer] = parseAnswers(await socket.closed())
  assert.equal(answer?.body, 'late')
  assert.deepEqual(answer?.fields.get('connection'), ['close'])
  await drained
})

test('draining answers a request that comes at the last moment, and closes idle connections', async () => {
  const door = await openFrontDoor()
  const idle = await openRawSocket({ port: door.port })
  const busy = await openRawSocket({ port: door.port })
  for (const socket of [idle, busy]) {
    socket.send(GET)
    await socket.until(/ok/)
  }
  const drained = door.listener.drain()
  busy.send(GET)
  const answers = parseAnswers(await busy.closed())
  assert.equal(answers.length, 2)
  assert.deepEqual(answers[1]?.fields.get('connection'), ['close'])
  assert.equal(parseAnswers(await idle.closed()).length, 1)
  await drained
})

test('draining ends a connection whose head was sent before, as soon as its answer is complete', async () => {
  const started = Promise.withResolvers<Reply>()
  const handle = (_head: RequestHead, reply: Reply): void => {
    reply.start(200, ['content-length', '4'])
    started.resolve(reply)
  }
  const door = await openFrontDoor({ handle })
  const socket = await openRawSocket({ port: door.port })
  socket.send(GET)
  const reply = await started.promise
  await socket.until(/\r\n\r\n/)
  const drained = door.listener.drain()
  reply.write(Buffer.from('late'))
  reply.end()
  assert.match(await socket.closed(), /late$/)
  await drained
})

test('closing destroys what is under way', async () => {
  const hold = createHold()
  const door = await openFrontDoor(hold)
  const socket = await openRawSocket({ port: door.port })
  socket.send(GET)
  await hold.reached
  await door.close()
  assert.equal(await socket.closed(), '')
  await door.close()
})

test('new limits count for requests on connections that are open', async () => {
  const door = await openFrontDoor()
  const socket = await openRawSocket({ port: door.port })
  socket.send(GET)
  await socket.until(/ok/)
  door.listener.update({ ...door.limits, idleTimeoutMs: 20 })
  socket.send(GET)
  assert.equal(parseAnswers(await socket.closed()).length, 2)
  await door.close()
})

test('a caller that leaves makes its exchange abandoned, once', async () => {
  const abandoned = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  let times = 0
  const handle = (_head: RequestHead, reply: Reply): void => {
    reply.onAbandoned(() => {
      times++
      abandoned.resolve()
    })
    reached.resolve()
  }
  const door = await openFrontDoor({ handle })
  const socket = await openRawSocket({ port: door.port })
  socket.send(GET)
  await reached.promise
  socket.destroy()
  await abandoned.promise
  await door.close()
  assert.equal(times, 1)
})

test('an answer that was sent whole is not abandoned when its connection ends', async () => {
  let abandoned = 0
  const handle = (_head: RequestHead, reply: Reply): void => {
    reply.onAbandoned(() => abandoned++)
    reply.send(200, [], 'done')
  }
  const door = await openFrontDoor({ handle })
  const socket = await openRawSocket({ port: door.port })
  socket.send(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
  await socket.closed()
  await door.close()
  assert.equal(abandoned, 0)
})
