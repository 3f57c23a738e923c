/**
 * Callers that end their side (RFC 9112 section 9.6): what they asked for in full is answered, what they left unfinished is no request.
 * Who has left looks the same until something is sent to it, so nobody is waited for without end.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reply } from '../../src/exchange/exchange.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import { makeCertificate } from '../support/certificate.ts'
import { withDoor } from '../support/front-door.ts'
import { begin, get, openHostile, post } from '../support/hostile-rows.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'
import { openScene, type Places } from '../support/scene.ts'
import { until } from '../support/upstream.ts'

/** What is sent before the end of the caller's side, the statuses of the answers, and what the upstream saw of it. */
const WHOLE: readonly (readonly [string, string, readonly number[]])[] = [
  ['a GET', get(), [200]],
  ['a GET in HTTP/1.0', begin('GET /orders/a HTTP/1.0'), [200]],
  ['a GET that says close', get('Connection: close\r\n'), [200]],
  ['a POST with a body', post('Content-Length: 5\r\n', 'hello'), [200]],
  ['a POST with chunks', post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'), [200]],
  ['two in a row', get() + get(), [200, 200]],
  ['three in a row, one of them with a body', get() + post('Content-Length: 5\r\n', 'hello') + get(), [200, 200, 200]],
]

/** Nothing that is not whole may look whole to the upstream. */
const UNFINISHED: readonly (readonly [string, string])[] = [
  ['nothing at all', ''],
  ['an empty line', '\r\n'],
  ['half a request line', 'GET /ord'],
  ['a request line', 'GET /orders/a HTTP/1.1\r\n'],
  ['a head without its end', get().slice(0, -2)],
  ['a head without its last byte', get().slice(0, -1)],
  ['a head without its body', post('Content-Length: 5\r\n')],
  ['half a body', post('Content-Length: 5\r\n', 'he')],
  ['a body without its last byte', post('Content-Length: 5\r\n', 'hell')],
  ['no chunk', post('Transfer-Encoding: chunked\r\n')],
  ['half a chunk', post('Transfer-Encoding: chunked\r\n', '5\r\nhe')],
  ['a chunk and no last one', post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n')],
  ['a last chunk without its end', post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n')],
  ['a last chunk without its last byte', post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r')],
  ['a trailer without its end', post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\nX: y\r\n')],
]

test('a caller that ends its side behind', { concurrency: true }, async t => {
  const { open, fill, scene } = await openHostile(t)
  await Promise.all([
    ...WHOLE.map(([name, bytes, statuses], i) =>
      t.test(`${name} gets its answer, and the connection ends`, async () => {
        const socket = await open()
        socket.send(fill(bytes.replaceAll('/orders/a', `/orders/whole/${i}`)))
        socket.end()
        const answers = parseAnswers(await socket.closed())
        assert.deepEqual(
          answers.map(({ status }) => status),
          statuses,
        )
        const seen = scene.upstream.requests.filter(({ url }) => url === `/orders/whole/${i}`)
        assert.equal(seen.length, statuses.length)
        assert.ok(seen.every(({ ended }) => ended))
      }),
    ),
    ...UNFINISHED.map(([name, bytes], i) =>
      t.test(`${name} is refused or closed, and nothing of it is a whole request`, async () => {
        const socket = await open()
        socket.send(fill(bytes.replaceAll('/orders/a', `/orders/part/${i}`)))
        socket.end()
        const answers = parseAnswers(await socket.closed())
        assert.ok(answers.every(({ status }) => status === 400))
        const seen = scene.upstream.requests.filter(({ url }) => url === `/orders/part/${i}`)
        assert.ok(seen.every(({ ended }) => !ended))
      }),
    ),
    t.test('a refused request gets the refusal', async () => {
      const socket = await open()
      socket.send('GET /orders/a HTTP/1.1\r\nHost: api.test\r\n\r\n')
      socket.end()
      assert.deepEqual(
        parseAnswers(await socket.closed()).map(({ status }) => status),
        [401],
      )
    }),
    t.test('a broken request gets the refusal', async () => {
      const socket = await open()
      socket.send('GARBAGE\r\n\r\n')
      socket.end()
      assert.deepEqual(
        parseAnswers(await socket.closed()).map(({ status }) => status),
        [400],
      )
    }),
  ])
  await until(
    () => scene.gateway.gateway.view.listeners().every(({ connections }) => connections === 0),
    'no connection',
  )
})

describe('a caller that ended its side', () => {
  test('and waits for a slow answer gets all of it', async () => {
    const reached = Promise.withResolvers<Reply>()
    const handle = (_head: RequestHead, reply: Reply): void => reached.resolve(reply)
    await withDoor({ handle }, async socket => {
      socket.send('GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n')
      socket.end()
      const reply = await reached.promise
      reply.start(200, ['content-length', '4'])
      reply.write(Buffer.from('ab'))
      await socket.until(/ab$/)
      reply.write(Buffer.from('cd'))
      reply.end()
      assert.match(await socket.closed(), /abcd$/)
    })
  })

  test('and is sent nothing is given up after a while: it looks like one that has left', async () => {
    const abandoned = Promise.withResolvers<void>()
    const handle = (_head: RequestHead, reply: Reply): void => reply.onAbandoned(() => abandoned.resolve())
    await withDoor({ handle }, async (socket, door) => {
      socket.send('GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n')
      socket.end()
      await abandoned.promise
      assert.equal(await socket.closed(), '')
      await until(() => door.listener.connections() === 0, 'no connection')
    })
  })
})

test('a caller that ends TLS has left: in TLS an end is one for both sides (RFC 5246 7.2.1), and no connection stays', async t => {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
  const settings = ({ upstream }: Places): string => `
ports: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: one } ] }
security_settings:
  keystores: [ { name: edge, entries: [ { alias: one, certificate: tls.crt, private_key: tls.key } ] } ]
apis: [ { name: orders, upstream: "${upstream}", open: true } ]
`
  const { gateway: opened, upstream } = await openScene(t, { settings, files: { 'tls.crt': cert, 'tls.key': key } })
  const port = Number(new URL(opened.httpsUrl).port)
  const socket = await openRawSocket({ port, tls: { ca: cert, servername: 'localhost' } })
  socket.send('GET /orders/a HTTP/1.1\r\nHost: api.test\r\n\r\nGET /orders/b HTTP/1.1\r\nHost: api.test\r\n\r\n')
  socket.end()
  await socket.closed()
  await until(() => opened.gateway.view.listeners().every(({ connections }) => connections === 0), 'no connection')
  assert.ok(upstream.requests.length <= 2)
})
