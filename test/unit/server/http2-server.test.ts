import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import type { RequestHead } from '../../../src/message/request-head.ts'
import { type FrontDoor, type FrontDoorOptions, openFrontDoor, refuse } from '../../support/front-door.ts'
import {
  CODE,
  data,
  type FieldList,
  FLAG,
  goaway,
  headers,
  hpack,
  openH2Wire,
  PREFACE,
  ping,
  SETTING,
  settings,
  TYPE,
  windowUpdate,
} from '../../support/h2-frames.ts'
import { type Http2Client, openHttp2, readAnswer } from '../../support/http2-call.ts'
import { openRawSocket } from '../../support/raw-socket.ts'
import { until } from '../../support/upstream.ts'

const HTTP2 = { enabled: true, cleartext: true, maxStreams: 100, maxResets: 20 }
const GET = hpack([
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'localhost'],
  [':path', '/items'],
])
const POST_FIELDS: FieldList = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'localhost'],
  [':path', '/items'],
]
const POST = hpack(POST_FIELDS)

async function openDoor(t: TestContext, options: FrontDoorOptions = {}): Promise<FrontDoor> {
  // Nothing is late by default: a test that wants to see a timeout says so.
  const door = await openFrontDoor({ http2: HTTP2, longestWaitMs: 5_000, ...options })
  t.after(async () => {
    await door.close()
    assert.deepEqual(door.defects, [])
  })
  return door
}

async function openClient(t: TestContext, door: FrontDoor): Promise<Http2Client> {
  const client = await openHttp2(`http://127.0.0.1:${door.port}`)
  t.after(() => client.close())
  return client
}

test('a request over HTTP/2 with prior knowledge is a request like any other', async t => {
  const door = await openDoor(t)
  const client = await openClient(t, door)
  const answer = await client.send({
    path: '/items?x=1',
    host: 'Example.org:80',
    lines: ['cookie', 'a=1', 'cookie', 'b=2'],
  })
  assert.equal(answer.status, 200)
  assert.equal(answer.body, 'ok /items')
  const head = door.reached[0] as RequestHead
  assert.equal(head.httpVersion, '2.0')
  assert.deepEqual([head.method, head.path, head.query], ['GET', '/items', '?x=1'])
  assert.deepEqual([head.authority, head.host, head.scheme], ['example.org:80', 'example.org', 'http'])
  assert.equal(head.fields.first('cookie'), 'a=1; b=2', 'crumbs are one line (RFC 9113 section 8.2.3)')
  assert.ok(head.fields.names.every(name => !name.startsWith(':')))
})

test('the same port serves HTTP/1.1, whatever the first bytes look like', async t => {
  const door = await openDoor(t)
  for (const pieces of [
    ['GET /a HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['P', 'OST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'],
  ]) {
    const socket = await openRawSocket({ port: door.port })
    for (const piece of pieces) {
      socket.send(piece)
      await new Promise(resolve => setImmediate(resolve))
    }
    await socket.until(/ok \/a/)
    socket.destroy()
  }
  const socket = await openRawSocket({ port: door.port })
  socket.send('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')
  assert.match(await socket.closed(), /^HTTP\/1\.1 505 /)
})

test('a preface in single bytes is one', async t => {
  const door = await openDoor(t)
  const wire = await openH2Wire({ port: door.port, begin: [] })
  for (const byte of PREFACE) {
    wire.send(byte)
    await new Promise(resolve => setImmediate(resolve))
  }
  wire.send(settings([SETTING.tableSize, 0]), headers(1, GET))
  assert.equal(await wire.status(1), 200)
  wire.destroy()
})

test('without `http2.cleartext` the preface is refused as a version that is not spoken', async t => {
  const door = await openDoor(t, { http2: { ...HTTP2, cleartext: false } })
  const socket = await openRawSocket({ port: door.port })
  socket.send(PREFACE)
  assert.match(await socket.closed(), /^HTTP\/1\.1 505 /)
})

test('an upgrade to h2c is never taken (RFC 9113 section 3.1)', async t => {
  const door = await openDoor(t)
  const socket = await openRawSocket({ port: door.port })
  socket.send(
    'GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
  )
  assert.match(await socket.until(/ok \/a/), /^HTTP\/1\.1 200 /)
  socket.destroy()
})

test('a caller that says nothing, too little, or nothing but the preface is cut in time', async t => {
  const door = await openDoor(t, { longestWaitMs: 50 })
  for (const begin of [[], ['PRI * HT'], [PREFACE]]) {
    const wire = await openH2Wire({ port: door.port, begin })
    await wire.closed()
  }
})

test('a connection without a request is closed with GOAWAY after `limits.idle_timeout`, whatever else it sends', async t => {
  const door = await openDoor(t, { limits: { idleTimeoutMs: 60 } })
  const wire = await openH2Wire({ port: door.port })
  wire.send(headers(1, GET))
  await wire.status(1)
  // A header block that never ends is no request.
  wire.send(headers(3, GET, FLAG.endStream))
  const goaway = await wire.frame('GOAWAY', one => one.type === TYPE.goaway)
  assert.equal(goaway.payload.readUInt32BE(4), CODE.none)
  wire.destroy()
})

test('a caller that does not close its side is cut after GOAWAY', async t => {
  const door = await openDoor(t, { limits: { idleTimeoutMs: 60 }, longestWaitMs: 150 })
  const wire = await openH2Wire({ port: door.port })
  wire.socket.allowHalfOpen = true
  await wire.frame('GOAWAY', one => one.type === TYPE.goaway)
  await until(() => door.listener.connections() === 0)
  wire.destroy()
})

test('a body arrives whole, with back-pressure', async t => {
  const door = await openDoor(t, {
    limits: { maxBodyBytes: 4_000_000 },
    async handle(_head, reply, body) {
      let bytes = 0
      for await (const chunk of body?.open() ?? []) {
        bytes += (chunk as Buffer).length
        await new Promise(resolve => setImmediate(resolve))
      }
      reply.send(200, [], String(bytes))
    },
  })
  const client = await openClient(t, door)
  const answer = await client.send({ method: 'POST', body: Buffer.alloc(3_000_000) })
  assert.equal(answer.body, '3000000')
})

test('a long answer arrives whole, with back-pressure', async t => {
  const door = await openDoor(t, {
    handle(_head, reply) {
      reply.start(200, ['content-type', 'text/plain'])
      let left = 100
      const write = (): void => {
        while (left-- > 0) {
          if (!reply.write(Buffer.alloc(50_000, 0x61))) {
            reply.onDrain(write)
            return
          }
        }
        reply.end()
      }
      write()
    },
  })
  const client = await openClient(t, door)
  const answer = await client.send({ path: '/long' })
  assert.equal(answer.body.length, 5_000_000)
})

test('trailers reach the caller; an answer without a body ends with its head', async t => {
  const door = await openDoor(t, {
    handle({ path }, reply) {
      if (path === '/trailers-only') {
        reply.start(200, ['content-type', 'application/grpc', 'grpc-status', '5'])
        setTimeout(() => reply.end(), 20)
        return
      }
      reply.start(200, ['content-type', 'application/grpc'])
      reply.write(Buffer.from('message'))
      reply.end(path === '/none' ? [] : ['grpc-status', '0', 'grpc-message', 'fine'])
    },
  })
  const client = await openClient(t, door)
  const answer = await client.send({ path: '/call' })
  assert.equal(answer.body, 'message')
  assert.deepEqual({ ...answer.trailers }, { 'grpc-status': '0', 'grpc-message': 'fine' })
  assert.deepEqual((await client.send({ path: '/none' })).trailers, {})

  const stream = client.open({ path: '/trailers-only' })
  const [, flags] = await once(stream, 'response')
  assert.ok((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)
  stream.close()
})

test('HEAD, 204 and 304 have no body', async t => {
  const door = await openDoor(t, {
    handle({ path }, reply) {
      if (path === '/204' || path === '/304') reply.send(Number(path.slice(1)), [], '')
      else reply.send(200, ['content-length', '11'], 'not for you')
    },
  })
  const client = await openClient(t, door)
  const head = await client.send({ method: 'HEAD', path: '/items' })
  assert.deepEqual([head.status, head.field('content-length'), head.body], [200, '11', ''])
  assert.equal((await client.send({ path: '/204' })).status, 204)
  assert.equal((await client.send({ path: '/304' })).status, 304)
})

test('a cut answer is a reset stream, and the connection goes on', async t => {
  const door = await openDoor(t, {
    handle({ path }, reply) {
      if (path !== '/cut') {
        reply.send(200, [], 'ok')
        return
      }
      reply.start(200, ['content-length', '100'])
      reply.write(Buffer.from('a part'))
      setImmediate(() => reply.cut())
    },
  })
  const client = await openClient(t, door)
  await assert.rejects(client.send({ path: '/cut' }), { code: 'ERR_HTTP2_STREAM_ERROR' })
  assert.equal((await client.send({ path: '/next' })).body, 'ok')
})

test('several lines of one field stay several lines', async t => {
  const door = await openDoor(t, {
    handle: (_head, reply) => reply.send(200, ['set-cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Name', 'v'], ''),
  })
  const client = await openClient(t, door)
  const answer = await client.send()
  assert.deepEqual(answer.fields.get('set-cookie'), ['a=1', 'b=2'])
  assert.equal(answer.field('x-name'), 'v')
  assert.ok(answer.field('date') !== undefined)
})

test('the answer to a body that nobody reads is whole, and the rest of the body is refused without an error', async t => {
  const door = await openDoor(t, {
    handle: (_head, reply) => reply.send(200, [], 'x'.repeat(300_000)),
  })
  const client = await openClient(t, door)
  const stream = client.open({ method: 'POST' }, { endStream: false })
  stream.write(Buffer.alloc(10_000))
  const answer = await readAnswer(stream)
  assert.equal(answer.body.length, 300_000)
  assert.equal((await client.send()).status, 200)
})

test('a body that grows beyond its limit is refused, one that stops is late', async t => {
  const door = await openDoor(t, {
    limits: { maxBodyBytes: 1_000, requestTimeoutMs: 80 },
    async handle(_head, reply, body) {
      try {
        reply.send(200, [], body === undefined ? '' : await text(body.open()))
      } catch (error) {
        const { denial } = error as { readonly denial: Parameters<typeof refuse>[1] }
        refuse(reply, denial)
      }
    },
  })
  const client = await openClient(t, door)
  assert.equal((await client.send({ method: 'POST', body: 'x'.repeat(2_000) })).status, 413)
  const late = client.open({ method: 'POST' }, { endStream: false })
  late.write('begun')
  assert.equal((await readAnswer(late)).status, 408)
})

test('a body that its sender breaks off has no end, whatever the code of the reset', async t => {
  const ends: string[] = []
  const door = await openDoor(t, {
    handle(_head, reply, body) {
      reply.onAbandoned(() => ends.push('abandoned'))
      const stream = body?.open()
      stream?.on('end', () => ends.push('end')).on('error', error => ends.push((error as { code?: string }).code ?? ''))
      stream?.resume()
    },
  })
  // Node ends its side of the answer to HEAD at once, and does not call a reset of it aborted.
  const head = hpack([[':method', 'HEAD'], ...POST_FIELDS.slice(1)])
  for (const [block, code] of [
    [POST, CODE.none],
    [POST, CODE.cancel],
    [head, CODE.none],
    [head, CODE.cancel],
  ] as const) {
    ends.length = 0
    const wire = await openH2Wire({ port: door.port })
    wire.send(headers(1, block, FLAG.endHeaders), data(1, 'begun'), ping())
    await wire.frame('a pong', one => one.type === TYPE.ping)
    wire.send(Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, code]))
    await until(() => ends.length === 2)
    assert.deepEqual(ends.sort(), ['CALLER_GONE', 'abandoned'])
    wire.destroy()
  }
})

test('`100 Continue` is sent when the body is wanted, and not before', async t => {
  const door = await openDoor(t, {
    async handle({ path }, reply, body) {
      if (path === '/refused') reply.send(403, [], 'no')
      else reply.send(200, [], body === undefined ? '' : await text(body.open()))
    },
  })
  const client = await openClient(t, door)
  for (const [path, isAsked, status] of [
    ['/wanted', true, 200],
    ['/refused', false, 403],
  ] as const) {
    const stream = client.open({ method: 'POST', path, lines: ['expect', '100-continue'] }, { endStream: false })
    let wasAsked = false
    stream.on('continue', () => {
      wasAsked = true
      stream.end('the body')
    })
    assert.equal((await readAnswer(stream)).status, status)
    assert.equal(wasAsked, isAsked)
  }
})

test('a caller that reads one byte at a time keeps an answer no longer than `limits.idle_timeout` (CVE-2019-9517)', async t => {
  const door = await openDoor(t, {
    limits: { idleTimeoutMs: 60 },
    handle({ path }, reply) {
      if (path !== '/stream') {
        reply.send(200, [], 'x'.repeat(10_000))
        return
      }
      reply.start(200, [])
      const write = (): void => {
        while (reply.write(Buffer.alloc(20_000)));
        reply.onDrain(write)
      }
      write()
    },
  })
  const stream = hpack([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', '/stream'],
  ])
  const begin = [PREFACE, settings([SETTING.tableSize, 0], [SETTING.windowSize, 1])]
  for (const block of [GET, stream]) {
    const wire = await openH2Wire({ port: door.port, begin })
    wire.send(headers(1, block))
    const trickle = setInterval(() => wire.send(windowUpdate(1, 1)), 5)
    assert.equal(await wire.resetOf(1), CODE.cancel)
    clearInterval(trickle)
    wire.destroy()
  }
})

test('draining: GOAWAY at once, what is on its way is still answered, then the connection is closed', async t => {
  let finish: () => void = () => undefined
  const door = await openDoor(t, {
    handle({ path }, reply) {
      if (path === '/slow') finish = () => reply.send(200, [], 'at last')
      else reply.send(200, [], 'ok')
    },
  })
  const client = await openClient(t, door)
  const slow = readAnswer(client.open({ path: '/slow' }))
  await until(() => door.reached.length === 1)
  assert.equal(door.listener.connections(), 1)
  const wire = await openH2Wire({ port: door.port })
  await wire.frame('settings', one => one.type === TYPE.settings)

  const drained = door.listener.drain()
  wire.send(headers(1, GET))
  assert.equal(await wire.status(1), 200, 'it was on its way')
  await wire.closed()
  assert.ok(client.session.closed, 'a connection that was used learns it at once')
  let isDrained = false
  void drained.then(() => {
    isDrained = true
  })
  await new Promise(resolve => setImmediate(resolve))
  assert.ok(!isDrained, 'a stream under way is waited for')
  finish()
  assert.equal((await slow).body, 'at last')
  await drained
  await until(() => door.listener.connections() === 0)
})

test('trailers that must not be sent are a reset stream, a head that must not be sent is a defect', async t => {
  const door = await openFrontDoor({
    http2: HTTP2,
    handle({ path }, reply) {
      if (path === '/head') reply.send(200, ['connection', 'close'], '')
      else if (path === '/te') reply.start(200, ['te', 'gzip'])
      else if (path === '/status') reply.send(101, [], '')
      else {
        reply.start(200, [])
        reply.write(Buffer.from('a part'))
        reply.end(path === '/value' ? ['x-late', 'a\r\nb'] : [':status', '200'])
      }
    },
  })
  const client = await openClient(t, door)
  for (const path of ['/value', '/name', '/head', '/te', '/status']) {
    await assert.rejects(client.send({ path }), { code: 'ERR_HTTP2_STREAM_ERROR' })
  }
  assert.equal(door.defects.length, 3)
  await door.close()
})

test('what a caller says in its own GOAWAY is not held against it', async t => {
  const door = await openDoor(t)
  const wire = await openH2Wire({ port: door.port })
  wire.send(headers(1, GET))
  await wire.status(1)
  wire.send(goaway(0, CODE.internal))
  await wire.closed()
  assert.deepEqual(door.denials, [])
})
