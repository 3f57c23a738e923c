/**
 * All requests that a caller had pipelined went upstream at once: one connection took every place of an upstream's pool (1,024),
 * so that everybody else got 503, and two POSTs could overtake each other. RFC 9112 section 9.3.2 allows parallel work for safe
 * methods only. Now the second request of a connection is looked at when the first one's answer is out.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { openGateway } from '../support/gateway.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'
import { startUpstream, until } from '../support/upstream.ts'

const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab`

test('a pipelined request reaches the upstream after the answer to the one before it', async t => {
  const held: ServerResponse[] = []
  const upstream = await startUpstream((_request, response) => void held.push(response))
  t.after(() => upstream.close())
  const gateway = await openGateway(t, {
    settings: `apis: [ { name: open, upstream: "${upstream.origin}", open: true } ]\n`,
  })
  const socket = await openRawSocket({ port: Number(new URL(gateway.url).port) })
  socket.send(post('/open/1') + post('/open/2') + post('/open/3'))
  for (const count of [1, 2, 3]) {
    await until(() => held.length === count, `request ${count}`)
    assert.equal(upstream.requests.length, count)
    held[count - 1]?.end(String(count))
    await socket.until(new RegExp(`\r\n${count}$`))
  }
  assert.deepEqual(
    upstream.requests.map(({ url }) => url),
    ['/open/1', '/open/2', '/open/3'],
  )
  socket.destroy()
})

test('requests that wait go with their connection, and never reach the upstream', async t => {
  const upstream = await startUpstream('never')
  t.after(() => upstream.close())
  const gateway = await openGateway(t, {
    settings: `apis: [ { name: open, upstream: "${upstream.origin}", open: true } ]\n`,
  })
  const socket = await openRawSocket({ port: Number(new URL(gateway.url).port) })
  socket.send(post('/open/1') + post('/open/2'))
  await until(() => upstream.requests.length === 1)
  socket.destroy()
  await once(socket.socket, 'close')
  await until(() => upstream.open() === 0, 'the end of the call')
  assert.equal(upstream.requests.length, 1)
})

test('a body that breaks while its request waits is refused when its turn comes', async t => {
  const held: ServerResponse[] = []
  const upstream = await startUpstream((_request, response) => void held.push(response))
  t.after(() => upstream.close())
  const gateway = await openGateway(t, {
    settings: `apis: [ { name: open, upstream: "${upstream.origin}", open: true }, { name: echo, upstream: builtin:echo, open: true } ]\n`,
  })
  const socket = await openRawSocket({ port: Number(new URL(gateway.url).port) })
  socket.send(`${post('/open/1')}POST /echo/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk`)
  await until(() => held.length === 1)
  held[0]?.writeHead(200, { 'content-length': 0 }).end()
  const answers = parseAnswers(await socket.closed())
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 400],
  )
})

test('a caller that sends requests without end and reads nothing is cut', async t => {
  const upstream = await startUpstream('never')
  t.after(() => upstream.close())
  const gateway = await openGateway(t, {
    settings: `apis: [ { name: open, upstream: "${upstream.origin}", open: true } ]\n`,
  })
  const socket = await openRawSocket({ port: Number(new URL(gateway.url).port) })
  socket.send('GET /open HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_100))
  await socket.closed()
  await until(() => upstream.open() === 0, 'the end of the call')
  assert.equal(upstream.requests.length <= 1, true)
})

test('requests that wait take no more than a megabyte, however few they are', async t => {
  const upstream = await startUpstream('never')
  t.after(() => upstream.close())
  const gateway = await openGateway(t, {
    settings: `apis: [ { name: open, upstream: "${upstream.origin}", open: true } ]\n`,
  })
  const socket = await openRawSocket({ port: Number(new URL(gateway.url).port) })
  const large = `POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\nX-Large: ${'v'.repeat(20_000)}\r\n\r\n${'b'.repeat(10_000)}`
  socket.send(large.repeat(100))
  await socket.closed()
  assert.equal(upstream.requests.length <= 1, true)
})
