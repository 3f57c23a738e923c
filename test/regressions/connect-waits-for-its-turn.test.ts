/**
 * CONNECT behind a request whose answer was still owed closed the connection, and that answer was lost. A caller who could get
 * CONNECT behind somebody else's request, on a connection that a proxy shares, took the answer from them (RFC 9112 section 9.3.2).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFrontDoor } from '../support/front-door.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'
import { until } from '../support/upstream.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const CONNECT = 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'

test('answers that are owed come before the refusal of CONNECT, and nothing comes behind it', async t => {
  const chunk = Buffer.alloc(60_000, 'x')
  const door = await openFrontDoor({
    longestWaitMs: 60_000,
    handle(_head, reply) {
      let left = 100
      const go = (): void => {
        while (left > 0) {
          left -= 1
          if (!reply.write(chunk)) {
            reply.onDrain(go)
            return
          }
        }
        reply.end()
      }
      setImmediate(() => {
        reply.start(200, ['content-length', String(left * chunk.length)])
        go()
      })
    },
  })
  t.after(() => door.close())
  const socket = await openRawSocket({ port: door.port })
  socket.send(get('/1') + get('/2') + CONNECT + get('/3'))
  const answers = parseAnswers(await socket.closed())
  assert.deepEqual(
    answers.map(({ status, body }) => [status, status === 200 ? body.length : 0]),
    [
      [200, 6_000_000],
      [200, 6_000_000],
      [405, 0],
    ],
  )
  assert.deepEqual(
    door.reached.map(({ path }) => path),
    ['/1', '/2'],
  )
  assert.deepEqual(door.defects, [])
})

test('a caller that sends CONNECT and reads nothing is cut like any other', async t => {
  const door = await openFrontDoor({
    limits: { idleTimeoutMs: 100 },
    handle: (_head, reply) => void setImmediate(() => reply.send(200, [], Buffer.alloc(20_000_000))),
  })
  t.after(() => door.close())
  const caller = await openRawSocket({ port: door.port })
  caller.socket.pause()
  caller.send(get('/1') + CONNECT)
  await until(() => door.listener.connections() === 0)
  caller.destroy()
})
