/**
 * An upstream that declines a WebSocket answers like any other, but two rules did not hold for that answer: one that broke off looked
 * complete (it ends with its connection, and the connection ended properly: RFC 9112 section 8), and a caller that did not read it
 * held its connection, the upstream's and a lease for as long as it liked (product.md 4, time limits).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from '../support/gateway.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { startRawUpstream, until } from '../support/upstream.ts'

const UPGRADE =
  'GET /open/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n'

test('an answer to an upgrade that breaks off looks cut', async t => {
  const upstream = await startRawUpstream(socket => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
  })
  t.after(() => upstream.close())
  const gateway = await openGateway(t, {
    settings: `apis: [ { name: open, upstream: "${upstream.origin}", open: true } ]\n`,
  })
  const socket = await openRawSocket({ port: Number(new URL(gateway.url).port) })
  const failures: NodeJS.ErrnoException[] = []
  socket.socket.on('error', failure => failures.push(failure))
  socket.send(UPGRADE)
  await socket.until(/hello$/)
  upstream.resetAll()
  await socket.closed()
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['ECONNRESET'],
  )
})

test('a caller that does not read the answer to its upgrade is cut', async t => {
  const upstream = await startRawUpstream(socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n')
    const part = Buffer.alloc(65_536, 'x')
    const pump = (): void => {
      while (!socket.destroyed && socket.write(part));
    }
    socket.on('drain', pump)
    pump()
  })
  t.after(() => upstream.close())
  const gateway = await openGateway(t, {
    settings: `
limits: { idle_timeout: 200ms }
apis: [ { name: open, upstream: "${upstream.origin}", open: true } ]
`,
  })
  const socket = await openRawSocket({ port: Number(new URL(gateway.url).port) })
  socket.socket.pause()
  socket.send(UPGRADE)
  await until(() => upstream.open() === 1)
  await until(() => upstream.open() === 0, 'the end of the call')
  socket.destroy()
})
