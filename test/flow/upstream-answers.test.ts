/** Answers pass with their meaning: those without a body, early ones, interim ones, and those that take their time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { open } from '../support/call.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { openScene, type Places } from '../support/scene.ts'
import { startRawUpstream, startUpstream } from '../support/upstream.ts'

const settings = ({ upstream }: Places): string => `
apis: [ { name: orders, upstream: { targets: [ "${upstream}" ], response_timeout: 400ms }, open: true } ]
`
/** Longer than the timeout, and than the second in whose steps it is measured: that nothing happens has no event to wait for. */
const LONG_MS = 1_800
/** More than the connections on the way hold. */
const SIZE = 32 * 1024 * 1024

test('answers that have no body keep their fields and the connection', async t => {
  const upstream = await startUpstream((request, response) => {
    request.resume()
    const status = Number(request.url?.slice(-3))
    response.writeHead(status, { etag: '"e"', ...(status !== 204 && { 'content-length': '5' }) })
    response.end(request.method === 'HEAD' || status === 304 ? undefined : status === 204 ? undefined : 'hello')
  })
  const scene = await openScene(t, { settings, upstream })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  const ask = (method: string, status: number): string => `${method} /orders/${status} HTTP/1.1\r\nHost: x\r\n\r\n`
  socket.send(ask('HEAD', 200) + ask('GET', 204) + ask('GET', 304) + ask('GET', 200))
  const text = await socket.until(/hello$/)
  const heads = text.split('HTTP/1.1 ').slice(1)
  assert.deepEqual(
    heads.map(head => head.slice(0, 3)),
    ['200', '204', '304', '200'],
  )
  for (const head of heads) assert.match(head, /^etag: "e"\r$/m)
  assert.match(heads[0] ?? '', /^content-length: 5\r$/m)
  assert.doesNotMatch(heads[1] ?? '', /content-length|transfer-encoding/i)
  socket.destroy()
})

test('interim answers and trailers end at the gateway', async t => {
  const upstream = await startRawUpstream(socket => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n')
    socket.write(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nok\r\n0\r\nX-T: dropped\r\n\r\n',
    )
  })
  const scene = await openScene(t, { settings, upstream })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send('GET /orders HTTP/1.1\r\nHost: x\r\n\r\n')
  const text = await socket.until(/0\r\n\r\n$/)
  assert.ok(text.startsWith('HTTP/1.1 200 OK\r\n'))
  assert.doesNotMatch(text, /103|102|x-t/i)
  socket.destroy()
})

test('an endless row of interim answers is 502', async t => {
  const upstream = await startRawUpstream(socket => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(1_000))
  })
  const scene = await openScene(t, { settings, upstream })
  const answer = await scene.call()
  assert.equal(answer.status, 502)
  assert.equal(answer.json()['code'], 'upstream.protocol')
})

test('an HTTP/1.0 caller gets a body that ends with the connection', async t => {
  const scene = await openScene(t, { settings, upstream: 'mirror' })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send('POST /orders HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello')
  const text = await socket.closed()
  assert.match(text, /^HTTP\/1\.1 200 /)
  assert.doesNotMatch(text, /transfer-encoding/i)
  assert.ok(text.endsWith('\r\n\r\nhello'))
})

test('an answer that comes before the request is complete is passed on', async t => {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(409, { 'content-length': '5', connection: 'close' }).end('early')
  })
  const scene = await openScene(t, { settings, upstream })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send('POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nonly the beginning')
  assert.match(await socket.until(/early$/), /^HTTP\/1\.1 409 /)
  socket.destroy()
})

test('time that is not the upstream’s to begin its answer is no failure of the upstream', {
  concurrency: true,
}, async t => {
  const upstream = await startUpstream((request, response) => {
    request.resume()
    if (request.url === '/orders/events') response.writeHead(200).write('data: one\n\n')
    else request.on('end', () => response.end(Buffer.alloc(SIZE, 'x')))
  })
  const scene = await openScene(t, { settings, upstream })
  await Promise.all([
    t.test('a caller sends slowly', async () => {
      const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
      socket.send('POST /orders/send HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\nfirst')
      await wait(LONG_MS)
      socket.send('later')
      await socket.until(/^HTTP\/1\.1 200 /)
      socket.destroy()
    }),
    t.test('a caller reads slowly', async () => {
      const incoming = await open(scene.gateway.url, { path: '/orders/read' })
      await wait(LONG_MS)
      let bytes = 0
      for await (const chunk of incoming) bytes += (chunk as Buffer).length
      assert.equal(bytes, SIZE)
    }),
    t.test('an event stream is silent', async () => {
      const incoming = await open(scene.gateway.url, { path: '/orders/events' })
      incoming.on('error', () => undefined).resume()
      await wait(LONG_MS)
      assert.equal(incoming.destroyed, false)
      incoming.destroy()
    }),
  ])
})
