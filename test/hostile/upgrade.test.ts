/** Upgrades: one protocol, by a GET without a body, judged before a byte goes upstream (PX-10; CVE-2026-2833, threats 1.5). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '../../src/exchange/exchange.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import { withDoor } from '../support/front-door.ts'
import {
  AUTHORIZATION,
  begin,
  get as getOrders,
  type HostileRow,
  openHostile,
  post,
  refuse,
  testRows,
  valuesOf,
} from '../support/hostile-rows.ts'
import { parseAnswers } from '../support/raw-socket.ts'
import { startWebSocketUpstream, until } from '../support/upstream.ts'

function get(path: string, lines = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: api.test\r\n${lines}\r\n`
}

describe('an upgrade', () => {
  const UPGRADE = 'Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: x\r\n'

  test('is handed over with the bytes that came behind the head', async () => {
    const handle = (head: RequestHead, reply: Reply): void => {
      assert.equal(head.upgrade, 'websocket')
      const raw = reply.switchProtocols(['connection', 'Upgrade', 'upgrade', 'websocket'])
      raw.pipe(raw)
    }
    await withDoor({ handle }, async socket => {
      socket.send(`${get('/ws', UPGRADE)}early`)
      await socket.until(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*\r\n\r\nearly$/)
      socket.send(' late')
      await socket.until(/early late$/)
    })
  })

  test('that is refused is answered and the connection ends', async () => {
    const handle = (_head: RequestHead, reply: Reply): void => reply.send(403, ['x-a', 'b'], 'no')
    await withDoor({ handle }, async socket => {
      socket.send(get('/ws', UPGRADE) + get('/b'))
      const [answer, ...more] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 403)
      assert.equal(answer?.body, 'no')
      assert.deepEqual(more, [])
    })
  })

  test('whose caller leaves while it is judged is abandoned', async () => {
    const reached = Promise.withResolvers<void>()
    const abandoned = Promise.withResolvers<void>()
    const handle = (_head: RequestHead, reply: Reply): void => {
      reply.onAbandoned(() => abandoned.resolve())
      reached.resolve()
    }
    await withDoor({ handle }, async socket => {
      socket.send(get('/ws', UPGRADE))
      await reached.promise
      socket.destroy()
      await abandoned.promise
    })
  })
})

const ASKS = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const HIDDEN = `GET /orders/hidden HTTP/1.1\r\nHost: api.test\r\n${AUTHORIZATION}\r\n`

const refused = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.upgrade_refused')
/** An upgrade that is not taken: an ordinary request, and the last of its connection. */
const ignored = (name: string, lines: string, first = 'GET /orders/a HTTP/1.1'): HostileRow => ({
  name,
  bytes: begin(first, lines) + HIDDEN,
  answer: 200,
  connection: 'closed',
  upstream: ['GET /orders/a'],
  check: seen => {
    for (const field of ['upgrade', 'http2-settings']) assert.deepEqual(valuesOf(seen, field), [])
    assert.deepEqual(
      valuesOf(seen, 'connection').filter(value => /upgrade/i.test(value)),
      [],
    )
  },
})

testRows('an upgrade that is refused or not taken', [
  refused('RFC 6455 4.1, a WebSocket by POST', post(ASKS)),
  refused('a WebSocket by PUT', begin('PUT /orders/a HTTP/1.1', ASKS)),
  refused('a WebSocket by OPTIONS', begin('OPTIONS /orders/a HTTP/1.1', ASKS)),
  refused('a WebSocket with a length', getOrders(`${ASKS}Content-Length: 3\r\n`)),
  refused('a WebSocket with a length of zero', getOrders(`${ASKS}Content-Length: 0\r\n`)),
  refused('a WebSocket with chunks', `${getOrders(`${ASKS}Transfer-Encoding: chunked\r\n`)}0\r\n\r\n`),
  refused('a WebSocket behind another protocol', getOrders('Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n')),
  refused('a WebSocket before another protocol', getOrders('Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n')),
  refused('a WebSocket asked for twice', getOrders(`${ASKS}Upgrade: websocket\r\n`)),
  refused('a WebSocket and h2c in two lines', getOrders(`${ASKS}Upgrade: h2c\r\n`)),
  refuse('a WebSocket on a path with two readings', getOrders(ASKS, '/orders/../free'), 'request.path_invalid'),
  refuse('a WebSocket with two Hosts', getOrders(`${ASKS}Host: b\r\n`), 'request.malformed'),
  refuse('a WebSocket with two tokens', getOrders(`${ASKS}Authorization: Bearer x\r\n`), 'credentials.multiple'),
  refuse(
    'a WebSocket without a token',
    `GET /orders/a HTTP/1.1\r\nHost: api.test\r\n${ASKS}\r\n${HIDDEN}`,
    'credentials.missing',
  ),
  refuse('a WebSocket with too many lines', getOrders(ASKS + 'a: b\r\n'.repeat(40)), 'request.head_too_large'),
  refuse('a WebSocket with an unknown expectation', getOrders(`${ASKS}Expect: x\r\n`), 'request.expectation'),
  ignored(
    'threats 1.5, h2c is not taken',
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
  ),
  ignored('h2c without settings is not taken', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'),
  ignored('h2 is not taken', 'Connection: Upgrade\r\nUpgrade: h2\r\n'),
  ignored('TLS is not taken', 'Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n'),
  ignored('HTTP/2.0 is not taken', 'Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n'),
  ignored('an unknown protocol is not taken', 'Connection: Upgrade\r\nUpgrade: x\r\n'),
  ignored('a list of unknown protocols is not taken', 'Connection: Upgrade\r\nUpgrade: a/1, b/2\r\n'),
  ignored('websocket/13 is not taken', 'Connection: Upgrade\r\nUpgrade: websocket/13\r\n'),
  ignored('xwebsocket is not taken', 'Connection: Upgrade\r\nUpgrade: xwebsocket\r\n'),
  ignored('PX-10, a WebSocket in HTTP/1.0 is not taken', ASKS, 'GET /orders/a HTTP/1.0'),
  {
    name: 'PX-10, without Connection nothing is asked',
    bytes: getOrders('Upgrade: websocket\r\n'),
    answer: 200,
    connection: 'kept',
    upstream: ['GET /orders/a'],
  },
  {
    name: 'Connection alone asks for nothing',
    bytes: getOrders('Connection: Upgrade\r\n'),
    answer: 200,
    connection: 'kept',
    upstream: ['GET /orders/a'],
  },
])

test('CVE-2026-2833, bytes behind an upgrade that the upstream did not accept are no request', async t => {
  const { open, fill, scene } = await openHostile(t, {
    upstream: (_request, response) => response.writeHead(200, { 'content-length': 2 }).end('no'),
  })
  const socket = await open()
  socket.send(fill(getOrders(ASKS + KEY) + HIDDEN))
  const answers = parseAnswers(await socket.closed())
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200],
  )
  assert.ok(!scene.upstream.raw().includes('/orders/hidden'))
})

test('bytes behind a good upgrade go into the tunnel, and none of them before the 101', async t => {
  const { open, fill, scene } = await openHostile(t, { upstream: await startWebSocketUpstream() })
  const socket = await open()
  // A masked text frame with `hi`: RFC 6455 section 5.7, with a mask of zeros.
  socket.send(fill(`${getOrders(ASKS + KEY, '/orders/ws')}\x81\x82\0\0\0\0hi`))
  await socket.until(/\r\n\r\n\x81\x02hi$/)
  const head = scene.upstream.raw()
  assert.match(head, /^GET \/orders\/ws HTTP\/1\.1\r\n/)
  socket.destroy()
  await until(() => scene.upstream.open() === 0, 'the end of the tunnel')
})

test('RFC 9110 15.5.22, a 426 of the upstream says which protocol it takes; other answers keep their offers to themselves', async t => {
  let status = 426
  const { open, fill } = await openHostile(t, {
    upstream: (_request, response) =>
      response
        .writeHead(status, { upgrade: 'TLS/1.0, HTTP/2.0', connection: 'upgrade', 'content-length': 2 })
        .end('ok'),
  })
  const socket = await open()
  socket.send(fill(getOrders()))
  const [first] = parseAnswers(await socket.until(/ok$/))
  assert.equal(first?.status, 426)
  assert.deepEqual(first?.fields.get('upgrade'), ['TLS/1.0, HTTP/2.0'])
  assert.deepEqual(first?.fields.get('connection'), ['upgrade'])
  status = 200
  socket.send(fill(getOrders()))
  const [, second] = parseAnswers(await socket.until(text => parseAnswers(text).length === 2))
  assert.equal(second?.fields.get('upgrade'), undefined)
  socket.destroy()
})
