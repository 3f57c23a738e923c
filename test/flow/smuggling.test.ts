/** Quality.md, security 3: one request in, at most one out; what hides a second request behind the first is refused whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { breakRequest, createRandom } from '../support/hostile-bytes.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'
import { fieldsOf, openScene, type Places, type Scene } from '../support/scene.ts'
import { createTestKey } from '../support/test-key.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
limits: { headers_timeout: 1s }
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
`

/** A request without credentials of its own: it may only ever get a 401. */
const HIDDEN = 'GET /orders/hidden HTTP/1.1\r\nHost: api\r\nX: '

const portOf = (scene: Scene): number => Number(new URL(scene.gateway.url).port)

test('a second request behind an ambiguous first one is none', async t => {
  const scene = await openScene(t, { settings })
  const token = await scene.keys.sign()
  const head = `POST /orders HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\n`
  const chunk = '5\r\nhello\r\n0\r\n\r\n'
  const table: readonly (readonly [string, string])[] = [
    ['CL.TE', `${head}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['TE.CL', `${head}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${chunk}${HIDDEN}`],
    ['CL.CL', `${head}Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello${HIDDEN}`],
    ['CL, CL in one line', `${head}Content-Length: 5, 50\r\n\r\nhello${HIDDEN}`],
    ['a signed length', `${head}Content-Length: +5\r\n\r\nhello${HIDDEN}`],
    ['a length in hex', `${head}Content-Length: 0x5\r\n\r\nhello${HIDDEN}`],
    ['a length with an underscore', `${head}Content-Length: 5_0\r\n\r\nhello${HIDDEN}`],
    ['TE.TE', `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunk}${HIDDEN}`],
    ['an obscure coding', `${head}Transfer-Encoding: xchunked\r\n\r\n${chunk}${HIDDEN}`],
    ['a coding with a vertical tab', `${head}Transfer-Encoding: \x0bchunked\r\n\r\n${chunk}${HIDDEN}`],
    ['a space before the colon', `${head}Transfer-Encoding : chunked\r\n\r\n${chunk}${HIDDEN}`],
    ['a folded line', `${head}Transfer-Encoding:\r\n chunked\r\n\r\n${chunk}${HIDDEN}`],
    ['a bare LF', `${head}X: a\nTransfer-Encoding: chunked\r\n\r\n${chunk}${HIDDEN}`],
    ['a bare CR', `${head}X: a\rTransfer-Encoding: chunked\r\n\r\n${chunk}${HIDDEN}`],
    ['a NUL', `${head}X: a\0b\r\nContent-Length: 5\r\n\r\nhello${HIDDEN}`],
    ['chunks in HTTP/1.0', `${head.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n${chunk}${HIDDEN}`],
    ['a field named with an underscore', `${head}Content_Length: 50\r\nTransfer_Encoding: chunked\r\n\r\n${HIDDEN}`],
    ['a chunk size that is none', `${head}Transfer-Encoding: chunked\r\n\r\n5x\r\nhello\r\n0\r\n\r\n${HIDDEN}`],
    [
      'a chunk size that wraps',
      `${head}Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
    ],
    [
      'a chunk that is longer than it says',
      `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
    ],
    ['a chunk that ends in LF', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n${HIDDEN}`],
    [
      'a request line in the target',
      `GET /orders%20HTTP/1.1%0d%0aX:%20 HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    ],
    ['a space in the target', `GET /orders/a b HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\n\r\n`],
  ]
  for (const [name, bytes] of table) {
    await t.test(name, async () => {
      const before = scene.upstream.requests.length
      const socket = await openRawSocket({ port: portOf(scene) })
      socket.send(`${bytes}\r\n\r\n`)
      const answers = parseAnswers(await socket.until(text => parseAnswers(text).length > 0))
      const passed = answers.filter(({ status }) => status === 200).length
      socket.destroy()
      assert.ok(scene.upstream.requests.length <= before + passed)
      assert.ok(!scene.upstream.raw().includes('/hidden'), 'the hidden request reached the upstream')
      assert.ok(passed === 0 || name === 'a field named with an underscore', `${name} passed`)
      const next = await scene.pass({ token, path: '/orders/next' })
      assert.equal(next.seen.url, '/orders/next', 'the connection to the upstream is in order')
    })
  }
})

test('requests on one connection are judged each by itself, and answered in their order', async t => {
  const scene = await openScene(t, { settings })
  const authorization = `Authorization: Bearer ${await scene.keys.sign()}\r\n`
  const stranger = createTestKey('ES256')
  const unknown = `Authorization: Bearer ${await scene.keys.sign({}, { key: stranger })}\r\n`
  const ask = (path: string, lines = ''): string => `GET /orders/${path} HTTP/1.1\r\nHost: api\r\n${lines}\r\n`
  const socket = await openRawSocket({ port: portOf(scene) })
  // The one of the unknown key waits for a fetch: those behind it must not overtake it.
  const requests = [ask('1', authorization), ask('2'), ask('3', unknown), ask('4'), ask('5', authorization), ask('6')]
  socket.send(requests.join(''))
  const text = await socket.until(received => parseAnswers(received).length === requests.length)
  assert.deepEqual(
    parseAnswers(text).map(({ status }) => status),
    [200, 401, 401, 401, 200, 401],
  )
  assert.deepEqual(scene.upstream.requests.map(({ url }) => url).sort(), ['/orders/1', '/orders/5'])
  socket.destroy()
})

test('2,000 broken requests with a good token: each is one request to the upstream, whole, or none', async t => {
  const scene = await openScene(t, { settings })
  const token = await scene.keys.sign()
  // Most of it may break without harm: then the rest has to be forwarded right.
  const filler = 'X-Filler: some words that mean nothing to anybody\r\n'.repeat(20)
  const authorization = `${filler}Authorization: Bearer ${token}\r\n`
  const requests = [
    `GET /orders/v1?a=b HTTP/1.1\r\nHost: api\r\n${authorization}X-A: b\r\n\r\n`,
    `POST /orders HTTP/1.1\r\nHost: api\r\n${authorization}Content-Length: 5\r\n\r\nhello`,
    `PUT /orders/x HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n${authorization}\r\n5\r\nhello\r\n0\r\n\r\n`,
    `GET /orders/w HTTP/1.1\r\nHost: api\r\n${authorization}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  ]
  let passed = 0
  const run = async (from: number): Promise<void> => {
    for (let i = from; i < 2_000; i += 20) {
      const bytes = breakRequest(requests[i % requests.length] ?? '', createRandom(i))
      const socket = await openRawSocket({ port: portOf(scene), deadlineMs: 8_000 })
      socket.send(bytes)
      // A request behind the first one would be answered, too.
      socket.send(`\r\n\r\n${HIDDEN}\r\n\r\n`)
      const isOver = (text: string): boolean => text.includes('\r\n\r\n') || socket.socket.destroyed
      await socket.until(isOver).catch(() => undefined)
      const [first] = parseAnswers(socket.received)
      socket.destroy()
      if (first !== undefined && first.status < 400) passed += 1
      else if (first !== undefined && first.status < 500) {
        const type = first.fields.get('content-type')?.[0]
        assert.equal(type, 'application/problem+json', `not our own refusal: ${JSON.stringify(bytes)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: 20 }, (_, i) => run(i)))
  assert.ok(passed > 200, `${passed} passed: the test is worth something`)
  for (const seen of scene.upstream.requests) {
    const fields = fieldsOf(seen)
    assert.match(seen.url, /^\/orders(?:[/?]|$)/)
    assert.ok(!seen.url.includes('hidden'))
    // One of the pieces names Authorization in Connection: then it ends at the gateway.
    assert.equal(fields['authorization'] ?? `Bearer ${token}`, `Bearer ${token}`)
    assert.equal(fields['host'], new URL(scene.upstream.origin).host)
    assert.equal(fields['x-forwarded-for'], '127.0.0.1')
    assert.ok(fields['content-length'] === undefined || fields['transfer-encoding'] === undefined)
  }
  await scene.pass({ token })
})
