/** Product.md 2, hot reload: requests in flight finish on the snapshot of their beginning, and then it is given back. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { open, send } from '../support/call.ts'
import { openGateway } from '../support/gateway.ts'
import { startUpstream, startWebSocketUpstream, until } from '../support/upstream.ts'

const WITHOUT = 'apis: [ { name: other, upstream: "builtin:echo", open: true } ]\n'
const withOrders = (upstream: string): string =>
  `apis:\n  - { name: other, upstream: "builtin:echo", open: true }\n  - { name: orders, upstream: "${upstream}", open: true }\n`

test('a slow answer arrives although its API was removed meanwhile', async t => {
  const asked = Promise.withResolvers<ServerResponse>()
  const upstream = await startUpstream((_request, response) => asked.resolve(response))
  t.after(() => upstream.close())
  const { gateway, url, reload, recordOf } = await openGateway(t, { settings: withOrders(upstream.origin) })
  const held = gateway.held()
  const slow = send(url)
  const response = await asked.promise
  assert.equal((await reload(WITHOUT)).result, 'applied')
  assert.equal((await send(url)).status, 404)
  assert.equal(gateway.held(), held, 'its connection is still needed')
  response.end('late but whole')
  const answer = await slow
  assert.deepEqual([answer.status, answer.body], [200, 'late but whole'])
  assert.equal((await recordOf(answer.field('x-request-id') ?? null))['microgateway.api'], 'orders')
  await until(() => gateway.held() < held, 'the old snapshot to be given back')
  await until(() => upstream.open() === 0, 'its connection to be closed')
})

test('an event stream goes on through reloads, and ends when its caller leaves', async t => {
  const streams: ServerResponse[] = []
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: first\n\n')
    streams.push(response)
  })
  t.after(() => upstream.close())
  const { gateway, url, reload } = await openGateway(t, { settings: withOrders(upstream.origin) })
  const held = gateway.held()
  const incoming = await open(url)
  let text = ''
  incoming.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await until(() => text.includes('first'))
  for (const name of ['one', 'two', 'three']) {
    assert.equal((await reload(`name: ${name}\n${WITHOUT}`)).result, 'applied')
    streams[0]?.write(`data: ${name}\n\n`)
    await until(() => text.includes(name), `event ${name}`)
  }
  assert.equal(gateway.held(), held)
  incoming.destroy()
  await until(() => gateway.held() < held, 'the old snapshot to be given back')
})

test('a WebSocket goes on through a reload that removes its API', async t => {
  const upstream = await startWebSocketUpstream()
  t.after(() => upstream.close())
  const { gateway, url, reload } = await openGateway(t, { settings: withOrders(upstream.origin) })
  const held = gateway.held()
  const socket = new WebSocket(`${url.replace('http', 'ws')}/orders`)
  await once(socket, 'open')
  assert.equal((await reload(WITHOUT)).result, 'applied')
  socket.send('still there?')
  const [message] = await once(socket, 'message')
  assert.equal(String(message), 'still there?')
  assert.equal(gateway.held(), held)
  const closed = once(socket, 'close')
  socket.close()
  await closed
  await until(() => gateway.held() < held, 'the old snapshot to be given back')
})

test('a body that is still arriving reaches the upstream of its beginning', async t => {
  const upstream = await startUpstream('mirror')
  const other = await startUpstream('ok')
  t.after(() => Promise.all([upstream.close(), other.close()]))
  const { url, reload } = await openGateway(t, { settings: withOrders(upstream.origin) })
  const { port } = new URL(url)
  const outgoing = request({ port, host: '127.0.0.1', path: '/orders', method: 'POST', agent: false })
  const answered = once(outgoing, 'response')
  outgoing.write('first half, ')
  await until(() => upstream.requests.length === 1)
  assert.equal((await reload(withOrders(other.origin))).result, 'applied')
  outgoing.end('second half')
  const [incoming] = await answered
  let body = ''
  for await (const chunk of incoming) body += chunk
  assert.equal(body, 'first half, second half')
  assert.equal(other.requests.length, 0)
})

test('a gateway that stops waits for what began before a reload, also on a listener that is gone', async t => {
  const asked = Promise.withResolvers<ServerResponse>()
  const upstream = await startUpstream((_request, response) => asked.resolve(response))
  t.after(() => upstream.close())
  const { gateway, url, reload } = await openGateway(t, { settings: withOrders(upstream.origin) })
  const slow = send(url)
  const response = await asked.promise
  // Another spelling of the same address is another listener.
  await reload(`ports: { http: "localhost:0", admin: "127.0.0.1:0" }\n${WITHOUT}`)
  const stopped = gateway.stop()
  response.end('late but whole')
  assert.equal((await slow).body, 'late but whole')
  assert.equal(await stopped, true)
})

test('an event stream on a listener that is gone does not keep a gateway from stopping', async t => {
  const upstream = await startUpstream('sse')
  t.after(() => upstream.close())
  const drain = 'drain: { timeout: 100ms }\n'
  const { gateway, url, reload } = await openGateway(t, { settings: drain + withOrders(upstream.origin) })
  const incoming = await open(url)
  const cut = once(incoming, 'error')
  incoming.resume()
  await reload(`ports: { http: "localhost:0", admin: "127.0.0.1:0" }\n${drain}${WITHOUT}`)
  assert.equal(await gateway.stop(), false)
  await cut
  assert.equal(gateway.held(), 0)
})
