import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import type { Outcome } from '../../../src/exchange/exchange.ts'
import { openTunnel } from '../../../src/upstream/tunnel.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { codeOfOutcome, type HttpTarget, makeTarget } from '../../support/http-target.ts'
import { connectPair } from '../../support/socket-pair.ts'
import { startRawUpstream, startUpstream, startWebSocketUpstream, until } from '../../support/upstream.ts'

/** A door for WebSocket clients that hands every upgrade to the target. */
async function startDoor(t: TestContext, target: HttpTarget): Promise<{ url: string; outcomes: Outcome[] }> {
  const outcomes: Outcome[] = []
  const server = createServer()
  const sockets = new Set<Duplex>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.add(socket)
    const reply = new FakeReply()
    reply.switchProtocols = fields => {
      const lines = fields.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`))
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`)
      socket.unshift(head)
      return socket
    }
    const exchange = makeExchange({ lines: request.rawHeaders, head: { upgrade: 'websocket' } })
    target.call(exchange, reply).then(outcome => outcomes.push(outcome))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/chat`, outcomes }
}

describe('a WebSocket', () => {
  it('passes messages both ways and ends on both sides', async t => {
    const upstream = await startWebSocketUpstream()
    t.after(() => upstream.close())
    const door = await startDoor(t, makeTarget(t, [upstream.origin]))
    const client = new WebSocket(door.url, 'chat.v1')
    const messages: string[] = []
    client.on('message', data => messages.push(String(data)))
    await once(client, 'open')
    client.send('hello')
    client.send('x'.repeat(1_000_000))
    client.send('bye')
    const [code] = await once(client, 'close')
    assert.equal(code, 1000)
    assert.deepEqual(
      messages.map(message => message.length),
      [5, 1_000_000, 3],
    )
    await until(() => door.outcomes.length === 1, 'the outcome')
    assert.deepEqual(door.outcomes, [{ kind: 'replied', status: 101 }])
    assert.match(
      upstream.raw(),
      /^GET \/orders\/v1 HTTP\/1\.1\r\nhost: [^\r]+\r\nconnection: upgrade\r\nupgrade: websocket\r\n/,
    )
    assert.match(upstream.raw(), /sec-websocket-protocol: chat\.v1\r\n/i)
    await until(() => upstream.open() === 0, 'the end upstream')
  })

  it('that the caller drops ends upstream', async t => {
    const upstream = await startWebSocketUpstream()
    t.after(() => upstream.close())
    const door = await startDoor(t, makeTarget(t, [upstream.origin]))
    const client = new WebSocket(door.url)
    await once(client, 'open')
    client.terminate()
    await until(() => upstream.open() === 0, 'the end upstream')
    await until(() => door.outcomes.length === 1, 'the outcome')
  })

  it('that the upstream drops ends at the caller', async t => {
    const upstream = await startWebSocketUpstream()
    t.after(() => upstream.close())
    const door = await startDoor(t, makeTarget(t, [upstream.origin]))
    const client = new WebSocket(door.url)
    await once(client, 'open')
    upstream.resetAll()
    const [code] = await once(client, 'close')
    assert.equal(code, 1006)
  })

  it('that falls silent is ended', async t => {
    const upstream = await startWebSocketUpstream()
    t.after(() => upstream.close())
    const door = await startDoor(t, makeTarget(t, [upstream.origin], { pool: { silenceMs: 100 } }))
    const client = new WebSocket(door.url)
    await once(client, 'close')
    await until(() => upstream.open() === 0, 'the end upstream')
  })
})

describe('an upgrade', () => {
  const plan = { head: { upgrade: 'websocket' } }

  it('that the upstream declines is answered as the upstream answered', async t => {
    const upstream = await startUpstream((_request, response) => response.writeHead(403).end('no'))
    t.after(() => upstream.close())
    const reply = new FakeReply()
    const outcome = await makeTarget(t, [upstream.origin]).call(makeExchange(plan), reply)
    assert.deepEqual(outcome, { kind: 'replied', status: 403 })
    assert.equal(reply.text, 'no')
  })

  it('PX-10 to a protocol that the caller did not offer is 502', async t => {
    const upstream = await startRawUpstream(socket =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'),
    )
    t.after(() => upstream.close())
    const reply = new FakeReply()
    const outcome = await makeTarget(t, [upstream.origin]).call(makeExchange(plan), reply)
    assert.equal(codeOfOutcome(outcome), 'denied upstream.protocol')
    assert.equal(reply.headSent, false)
    await until(() => upstream.open() === 0, 'the connection to close')
  })

  it('passes bytes that came together with the 101', async t => {
    const upstream = await startRawUpstream(socket =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nearly'),
    )
    t.after(() => upstream.close())
    const { near, far } = await connectPair()
    const outcome = makeTarget(t, [upstream.origin]).call(makeExchange(plan), new FakeReply({ connection: far }))
    const [data] = await once(near, 'data')
    assert.equal(String(data), 'early')
    near.destroy()
    assert.deepEqual(await outcome, { kind: 'replied', status: 101 })
    await until(() => upstream.open() === 0, 'the end upstream')
  })

  it('whose caller left while it was judged upstream is given up', async t => {
    const upstream = await startRawUpstream(() => undefined)
    t.after(() => upstream.close())
    const reply = new FakeReply()
    const outcome = makeTarget(t, [upstream.origin]).call(makeExchange(plan), reply)
    await until(() => upstream.requests.length === 1, 'the request')
    reply.leave()
    assert.deepEqual(await outcome, { kind: 'abandoned' })
    await until(() => upstream.open() === 0, 'the connection to close')
  })
})

describe('a tunnel', () => {
  async function open(silenceMs = 5000): Promise<{ caller: Socket; upstream: Socket; closed: Promise<void> }> {
    const [one, two] = await Promise.all([connectPair(), connectPair()])
    return { caller: one.near, upstream: two.near, closed: openTunnel(one.far, two.far, silenceMs) }
  }

  it('passes an end on and keeps the other direction open', async () => {
    const { caller, upstream, closed } = await open()
    caller.end('request')
    let received = ''
    upstream.on('data', chunk => {
      received += chunk
    })
    await once(upstream, 'end')
    assert.equal(received, 'request')
    upstream.end('answer')
    const [answer] = await once(caller, 'data')
    assert.equal(String(answer), 'answer')
    await closed
  })

  it('closes one side when the other breaks', async () => {
    const { caller, upstream, closed } = await open()
    const ended = once(upstream, 'end')
    caller.resetAndDestroy()
    upstream.resume()
    await ended
    upstream.destroy()
    await closed
  })

  it('delivers what was written before the other side closed', async () => {
    const { caller, upstream, closed } = await open()
    upstream.end(Buffer.alloc(1_000_000))
    let bytes = 0
    caller.on('data', chunk => {
      bytes += chunk.length
    })
    await once(caller, 'end')
    assert.equal(bytes, 1_000_000)
    caller.end()
    await closed
  })

  it('closes both sides when nothing moves', async () => {
    const { caller, upstream, closed } = await open(50)
    await closed
    caller.destroy()
    upstream.destroy()
  })

  it('closes at once when a side is gone before it opens', async () => {
    const [one, two] = await Promise.all([connectPair(), connectPair()])
    one.far.destroy()
    await once(one.far, 'close')
    await openTunnel(one.far, two.far, 5000)
    assert.ok(two.far.destroyed)
    one.near.destroy()
    two.near.destroy()
  })
})
