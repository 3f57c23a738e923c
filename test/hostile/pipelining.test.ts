/** What a connection may carry, in what order it is answered, and when it ends (H1-16 to H1-19; threats 3.4). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '../../src/exchange/exchange.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import { type FrontDoor, withDoor } from '../support/front-door.ts'
import { get as getOrders, type HostileRow, post, refuse, testRows } from '../support/hostile-rows.ts'
import { parseAnswers } from '../support/raw-socket.ts'

function get(path: string, lines = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: api.test\r\n${lines}\r\n`
}

function paths(door: FrontDoor): readonly string[] {
  return door.reached.map(head => head.path)
}

/** A handler that answers `/slow` only when told to. */
function createSlowHandler(): {
  readonly handle: (head: RequestHead, reply: Reply) => void
  readonly reached: Promise<void>
  readonly release: () => void
} {
  const reached = Promise.withResolvers<void>()
  let answer: (() => void) | undefined
  return {
    reached: reached.promise,
    release: () => answer?.(),
    handle: (head, reply) => {
      if (head.path !== '/slow') {
        reply.send(200, [], head.path)
        return
      }
      answer = () => reply.send(200, [], '/slow')
      reached.resolve()
    },
  }
}

describe('requests on one connection', () => {
  test('are answered in their order', async () => {
    const slow = createSlowHandler()
    await withDoor(slow, async socket => {
      socket.send(get('/slow') + get('/b'))
      await slow.reached
      slow.release()
      const bodies = parseAnswers(await socket.until(/\/b$/)).map(answer => answer.body)
      assert.deepEqual(bodies, ['/slow', '/b'])
    })
  })

  test('that turn into garbage are answered first, then the garbage', async () => {
    const slow = createSlowHandler()
    await withDoor(slow, async (socket, door) => {
      socket.send(`${get('/slow')}GARBAGE\r\n\r\n`)
      await slow.reached
      slow.release()
      const statuses = parseAnswers(await socket.closed()).map(answer => answer.status)
      assert.deepEqual(statuses, [200, 400])
      assert.deepEqual(paths(door), ['/slow'])
    })
  })

  test('end with one that cannot be answered: the next answer never takes its place', async () => {
    const slow = createSlowHandler()
    const handle = (head: RequestHead, reply: Reply): void => {
      if (head.path === '/cut') reply.cut()
      else slow.handle(head, reply)
    }
    await withDoor({ handle }, async socket => {
      socket.send(get('/slow') + get('/cut') + get('/b'))
      await slow.reached
      slow.release()
      const bodies = parseAnswers(await socket.closed()).map(answer => answer.body)
      assert.deepEqual(bodies, ['/slow'])
    })
  })

  test('behind Connection: close are none', async () => {
    await withDoor({}, async (socket, door) => {
      socket.send(get('/a', 'Connection: close\r\n') + get('/b'))
      assert.equal(parseAnswers(await socket.closed()).length, 1)
      assert.deepEqual(paths(door), ['/a'])
    })
  })

  test('behind a refusal that closes are none, even in the same packet', async () => {
    await withDoor({}, async (socket, door) => {
      socket.send(get('/a', 'Host: other.test\r\n') + get('/b'))
      assert.deepEqual(
        parseAnswers(await socket.closed()).map(answer => answer.status),
        [400],
      )
      assert.deepEqual(paths(door), [])
    })
  })

  test('in HTTP/1.0 are one, whatever the caller asks', async () => {
    await withDoor({}, async (socket, door) => {
      socket.send(`GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${get('/b')}`)
      const [answer] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 200)
      assert.deepEqual(answer?.fields.get('connection'), ['close'])
      assert.deepEqual(paths(door), ['/a'])
    })
  })

  test('end with one whose upgrade is not taken: what came behind it was dropped by the parser', async () => {
    await withDoor({}, async (socket, door) => {
      socket.send(
        get('/a', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n') + get('/b'),
      )
      const [answer] = parseAnswers(await socket.closed())
      assert.deepEqual(answer?.fields.get('connection'), ['close'])
      assert.deepEqual(paths(door), ['/a'])
      assert.equal(door.reached[0]?.upgrade, undefined)
    })
  })

  test('are not overtaken by an upgrade behind them', async () => {
    const slow = createSlowHandler()
    await withDoor(slow, async (socket, door) => {
      socket.send(get('/slow') + get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
      await slow.reached
      slow.release()
      const statuses = parseAnswers(await socket.closed()).map(answer => answer.status)
      assert.deepEqual(statuses, [200, 400])
      assert.deepEqual(paths(door), ['/slow'])
    })
  })
})

const HIDDEN = 'GET /orders/hidden HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer {token}\r\n\r\n'

/** A body that looks like a request. */
const BODY = 'GET /orders/hidden HTTP/1.1\r\nHost: api.test\r\n\r\n'

/** A row whose first request passes, and behind which nothing is a request any more. */
const last = (name: string, bytes: string): HostileRow => {
  const line = /^(\S+ \S+)/.exec(bytes)?.[1] ?? ''
  return { name, bytes, answer: 200, connection: 'closed', upstream: [line] }
}

testRows('a request behind', [
  last('H1-19, Connection: close', getOrders('Connection: close\r\n') + HIDDEN),
  last('H1-19, Connection: Close', getOrders('Connection: Close\r\n') + HIDDEN),
  last('H1-19, close in a list', getOrders('Connection: keep-alive, close\r\n') + HIDDEN),
  last('H1-19, close in a second line', getOrders('Connection: keep-alive\r\nConnection: close\r\n') + HIDDEN),
  last('H1-19, close before a body', post('Connection: close\r\nContent-Length: 5\r\n', 'hello') + HIDDEN),
  last(
    'H1-19, close before chunks',
    post('Connection: close\r\nTransfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n') + HIDDEN,
  ),
  last('close, and then garbage', `${getOrders('Connection: close\r\n')}GARBAGE\r\n\r\n`),
  last('close, and then a broken head', `${getOrders('Connection: close\r\n')}GET /orders/b HTTP/1.1\r\n: x\r\n\r\n`),
  last(
    'close, and then both framings',
    `${getOrders('Connection: close\r\n')}${post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')}`,
  ),
  last('H1-17, HTTP/1.0', getOrders().replace('HTTP/1.1', 'HTTP/1.0') + HIDDEN),
  last(
    'H1-17, HTTP/1.0 with keep-alive',
    getOrders('Connection: keep-alive\r\n').replace('HTTP/1.1', 'HTTP/1.0') + HIDDEN,
  ),
  last('HTTP/1.0 with a body', post('Content-Length: 5\r\n', 'hello').replace('HTTP/1.1', 'HTTP/1.0') + HIDDEN),
  refuse('a second Host', getOrders('Host: b\r\n') + HIDDEN, 'request.malformed'),
  refuse(
    'both framings',
    post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n') + HIDDEN,
    'request.ambiguous_framing',
  ),
  refuse(
    '0.CL, a length that nobody awaits',
    `TRACE /orders/a HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    'request.method_refused',
  ),
  refuse('an unknown expectation', getOrders('Expect: x\r\n') + HIDDEN, 'request.expectation'),
  refuse('too many lines', getOrders('a: b\r\n'.repeat(40)) + HIDDEN, 'request.head_too_large'),
  refuse('a body over the limit', post('Content-Length: 999999\r\n') + HIDDEN, 'request.body_too_large'),
  {
    name: 'H1-18, a good one is answered behind it',
    bytes: getOrders('X-A: b\r\n'),
    answer: 200,
    connection: 'kept',
    upstream: ['GET /orders/a'],
  },
  {
    name: 'a refusal for want of a token goes on',
    bytes: 'GET /orders/a HTTP/1.1\r\nHost: api.test\r\n\r\n',
    answer: 'credentials.missing',
    connection: 'kept',
  },
  {
    name: 'H1-16, a refused body that is short is read past',
    bytes: `POST /orders/a HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    answer: 'credentials.missing',
    connection: 'kept',
  },
  {
    name: 'H1-16, a refused body of chunks is read past',
    bytes: `POST /orders/a HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`,
    answer: 'credentials.missing',
    connection: 'kept',
  },
  {
    name: 'H1-16, a refused body that is long ends the connection',
    bytes: `POST /orders/a HTTP/1.1\r\nHost: api.test\r\nContent-Length: 90000\r\n\r\n${HIDDEN}`,
    answer: 'credentials.missing',
    connection: 'closed',
  },
  {
    name: 'H1-16, a body for no route is read past',
    bytes: 'POST /nowhere HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\n\r\nhello',
    answer: 'route.not_found',
    connection: 'kept',
  },
])
