/**
 * Fields that say who calls, from where, and which way the message goes (PX-01 to PX-07, PX-11, FW-06; threats 1.5 and 3.7):
 * a caller's own are removed in any spelling, and no list in Connection takes ours away.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  begin,
  get,
  type HostileRow,
  openHostile,
  pass,
  refuse,
  refuseOne,
  testRows,
  valuesOf,
} from '../support/hostile-rows.ts'
import { parseAnswers } from '../support/raw-socket.ts'
import type { SeenRequest } from '../support/upstream.ts'

/** Spellings that a CGI, WSGI or servlet container reads as one name. */
function spellings(name: string): readonly string[] {
  return [
    name,
    name.toLowerCase(),
    name.toUpperCase(),
    name.replaceAll('-', '_'),
    name.replaceAll('-', '.'),
    name.replace('-', '_'),
  ]
}

const FORGED = 'forged-by-the-caller'
const noForgery = (seen: SeenRequest): void =>
  assert.ok(!seen.lines.some(line => line.includes(FORGED)), seen.lines.join('\n'))

const removed = (rule: string, name: string): HostileRow[] =>
  [...new Set(spellings(name))].flatMap(spelling => [
    pass(`${rule}, ${spelling} is removed`, get(`${spelling}: ${FORGED}\r\n`), 'GET /orders/a', noForgery),
    pass(
      `${rule}, ${spelling} is removed on an open API`,
      get(`${spelling}: ${FORGED}\r\n`, '/free/a'),
      'GET /free/a',
      noForgery,
    ),
  ])

testRows('an identity field', [
  ...removed('CVE-2026-30851', 'X-JWT-Assertion'),
  ...removed('CVE-2026-31908', 'X-Application-Id'),
  ...removed('CVE-2026-39998', 'X-Application-Name'),
  ...removed('CVE-2026-44087', 'X-Application-Owner'),
  ...removed('CVE-2026-52845', 'X-Application-Tier'),
  pass(
    'CVE-2025-64484, in several spellings at once',
    get(`X-Application-Id: ${FORGED}\r\nX_Application_Id: ${FORGED}\r\nx.application.id: ${FORGED}\r\n`),
    'GET /orders/a',
    noForgery,
  ),
  pass(
    'named in Connection, too',
    get(`Connection: X-Application-Id\r\nX-Application-Id: ${FORGED}\r\n`),
    'GET /orders/a',
    noForgery,
  ),
])

testRows('a forwarding field of a stranger', [
  ...['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Port', 'Forwarded'].flatMap(name =>
    removed('FW-06', name),
  ),
  ...['X-Real-IP', 'X-Client-IP', 'X-Cluster-Client-IP', 'X-Original-URL', 'X-Rewrite-URL', 'X-Original-URI'].flatMap(
    name => removed('threats 3.29', name),
  ),
  ...['X-Forwarded-User', 'X-Forwarded-Uri', 'X-Forwarded-Prefix', 'X-Forwarded-Method'].flatMap(name =>
    removed('CVE-2026-40575', name),
  ),
  ...removed('RFC 9449 4.3', 'DPoP'),
  ...removed('httpoxy', 'Proxy'),
  ...removed('PX-02', 'Proxy-Authorization'),
  pass('FW-06, three lines of one name', get(`X-Forwarded-For: ${FORGED}\r\n`.repeat(3)), 'GET /orders/a', seen => {
    noForgery(seen)
    assert.deepEqual(valuesOf(seen, 'x-forwarded-for'), ['127.0.0.1'])
  }),
])

const hop = (name: string, lines: string, gone: string): HostileRow =>
  pass(name, get(lines), 'GET /orders/a', seen => assert.deepEqual(valuesOf(seen, gone), [], gone))
const kept = (name: string, field: string, value: RegExp): HostileRow =>
  pass(`PX-03, ${name} cannot be taken away`, get(`Connection: ${field}\r\n`), 'GET /orders/a', seen => {
    const values = valuesOf(seen, field.toLowerCase())
    assert.equal(values.length, 1, `${field}: ${values}`)
    assert.match(values[0] ?? '', value)
  })

testRows('a field of the connection', [
  hop('PX-01, that Connection names is removed', 'Connection: X-Hop\r\nX-Hop: a\r\n', 'x-hop'),
  hop('PX-01, in another case', 'Connection: x-hOP\r\nX-HOP: a\r\n', 'x-hop'),
  hop('PX-01, in a list', 'Connection: keep-alive , X-Hop,\tX-Other\r\nX-Hop: a\r\n', 'x-hop'),
  hop('PX-01, in a second Connection line', 'Connection: keep-alive\r\nX-Hop: a\r\nConnection: X-Hop\r\n', 'x-hop'),
  hop('PX-01, that comes before Connection', 'X-Hop: a\r\nConnection: X-Hop\r\n', 'x-hop'),
  hop('PX-01, between empty members', 'Connection: ,,X-Hop,,\r\nX-Hop: a\r\n', 'x-hop'),
  hop('PX-02, Keep-Alive', 'Keep-Alive: timeout=5\r\n', 'keep-alive'),
  hop('PX-02, Proxy-Connection', 'Proxy-Connection: keep-alive\r\n', 'proxy-connection'),
  hop('PX-11, TE', 'TE: trailers\r\nConnection: TE\r\n', 'te'),
  hop('PX-11, TE that Connection does not name', 'TE: gzip\r\n', 'te'),
  hop('PX-02, Upgrade without Connection', 'Upgrade: websocket\r\n', 'upgrade'),
  hop('PX-15, Trailer', 'Trailer: X-A\r\n', 'trailer'),
  hop('Trailers', 'Trailers: X-A\r\n', 'trailers'),
  hop('HTTP2-Settings', 'HTTP2-Settings: AAMA\r\n', 'http2-settings'),
  hop('Transfer_Encoding', 'Transfer_Encoding: chunked\r\n', 'transfer_encoding'),
  hop('Content.Length', 'Content.Length: 5\r\n', 'content.length'),
  kept('CVE-2024-45410, X-Forwarded-For', 'X-Forwarded-For', /^127\.0\.0\.1$/),
  kept('CVE-2025-48865, X-Forwarded-Host', 'X-Forwarded-Host', /^api\.test$/),
  kept('X-Forwarded-Proto', 'X-Forwarded-Proto', /^http$/),
  kept('Forwarded', 'Forwarded', /^for=/),
  kept('Via', 'Via', /^1\.1 microgateway-[0-9a-f]{16}$/),
  kept('X-Request-Id', 'X-Request-Id', /^[0-9a-f-]{36}$/),
  kept('Host', 'Host', /^127\.0\.0\.1:/),
  pass(
    'PX-03, Content-Length cannot be taken away',
    begin('POST /orders/a HTTP/1.1', 'Connection: Content-Length\r\nContent-Length: 5\r\n', 'hello'),
    'POST /orders/a',
    seen => {
      assert.deepEqual(valuesOf(seen, 'content-length'), ['5'])
      assert.equal(String(seen.body), 'hello')
    },
  ),
  pass(
    'PX-03, Transfer-Encoding cannot be taken away',
    begin(
      'POST /orders/a HTTP/1.1',
      'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n',
      '5\r\nhello\r\n0\r\n\r\n',
    ),
    'POST /orders/a',
    seen => assert.equal(String(seen.body), 'hello'),
  ),
  pass(
    'PX-03, Authorization is judged, and then goes no further',
    get('Connection: Authorization\r\nX-Row: {token}\r\n'),
    'GET /orders/a',
    seen => assert.deepEqual(valuesOf(seen, 'authorization'), []),
  ),
  pass('PX-03, Connection names itself', get('Connection: Connection\r\n'), 'GET /orders/a'),
  pass('X-Request-Id of a stranger is replaced', get(`X-Request-Id: ${FORGED}\r\n`), 'GET /orders/a', noForgery),
])

testRows('Via', [
  pass('PX-05, is added, with the version that came in', get(), 'GET /orders/a', seen =>
    assert.match(valuesOf(seen, 'via').join(), /^1\.1 microgateway-[0-9a-f]{16}$/),
  ),
  pass(
    'PX-05, of HTTP/1.0',
    begin('GET /orders/a HTTP/1.0'),
    'GET /orders/a',
    seen => assert.match(valuesOf(seen, 'via').join(), /^1\.0 microgateway-[0-9a-f]{16}$/),
    'closed',
  ),
  pass('PX-06, keeps the entries of others apart', get('Via: 1.0 fred, 1.1 p.example.net\r\n'), 'GET /orders/a', seen =>
    assert.equal(valuesOf(seen, 'via')[0], '1.0 fred, 1.1 p.example.net'),
  ),
  pass('PX-07, of another microgateway is no loop', get('Via: 1.1 microgateway-0000000000000000\r\n'), 'GET /orders/a'),
  pass('PX-07, of a gateway without a number is no loop', get('Via: 1.1 microgateway\r\n'), 'GET /orders/a'),
])

test('PX-07, a request whose Via names this gateway is refused, wherever in the list', async t => {
  const { open, fill, scene } = await openHostile(t)
  const socket = await open()
  let answers = 0
  const ask = async (lines: string): Promise<string> => {
    answers += 1
    socket.send(fill(get(lines)))
    const received = parseAnswers(await socket.until(text => parseAnswers(text).length >= answers))
    return `${received.at(-1)?.status} ${/"code":"([^"]*)"/.exec(received.at(-1)?.body ?? '')?.[1]}`
  }
  assert.equal(await ask(''), '200 undefined')
  const [via = ''] = valuesOf(scene.upstream.requests[0] as SeenRequest, 'via')
  for (const list of [via, `1.0 a, ${via}`, `${via}, 1.1 b`, `1.0 a (comment), ${via} (c), 1.1 b`]) {
    assert.equal(await ask(`Via: ${list}\r\n`), '502 request.loop', list)
  }
  assert.equal(await ask(`Via: 1.0 a\r\nX-B: c\r\nvia: ${via}\r\n`), '502 request.loop')
  assert.equal(scene.upstream.requests.length, 1)
})

const options = (lines: string): string => begin('OPTIONS /orders/a HTTP/1.1', lines)
const ownAnswer = (name: string, bytes: string): HostileRow => ({ name, bytes, answer: 200, connection: 'kept' })

testRows('Max-Forwards', [
  ownAnswer('PX-04, of 0 on OPTIONS goes no further', options('Max-Forwards: 0\r\n')),
  ownAnswer('PX-04, of 00 on OPTIONS goes no further', options('Max-Forwards: 00\r\n')),
  pass('PX-04, of 1 on OPTIONS is counted down', options('Max-Forwards: 1\r\n'), 'OPTIONS /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'max-forwards'), ['0']),
  ),
  pass('PX-04, of 10 on OPTIONS is counted down', options('max-forwards: 10\r\n'), 'OPTIONS /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'max-forwards'), ['9']),
  ),
  pass('PX-04, none on OPTIONS stays none', options(''), 'OPTIONS /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'max-forwards'), []),
  ),
  pass('PX-04, on GET is none of our business', get('Max-Forwards: 0\r\n'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'max-forwards'), ['0']),
  ),
  ...['-1', '+1', '1.0', 'x', '', '1, 2', '0x1', '9'.repeat(30), '1e3'].map(value =>
    refuse(`PX-04, of '${value.slice(0, 12)}' on OPTIONS`, options(`Max-Forwards: ${value}\r\n`), 'request.malformed'),
  ),
  refuse('PX-04, twice on OPTIONS', options('Max-Forwards: 1\r\nMax-Forwards: 1\r\n'), 'request.malformed'),
  refuseOne(
    'PX-04, of 0 on OPTIONS is judged before it is answered',
    'OPTIONS /orders/a HTTP/1.1\r\nHost: api.test\r\nMax-Forwards: 0\r\n\r\n',
    'credentials.missing',
  ),
])
