/** Bytes that no HTTP client sends, each to a listener with a handler behind it that must not be reached. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { codeOf, type FrontDoor, LIMITS, openFrontDoor } from '../support/front-door.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'

interface Case {
  readonly name: string
  readonly bytes: string
  readonly status: number
  readonly code: string
  /** Whether another request may follow on the connection. */
  readonly connection: 'closed' | 'open'
}

const GOOD = 'GET /good HTTP/1.1\r\nHost: api.test\r\n\r\n'

/** A GET with these lines instead of, or behind, its Host. */
function get(lines: string, host = 'Host: api.test\r\n'): string {
  return `GET /a HTTP/1.1\r\n${host}${lines}\r\n`
}

function post(lines: string, body = ''): string {
  return `POST /a HTTP/1.1\r\nHost: api.test\r\n${lines}\r\n${body}`
}

function refused(name: string, bytes: string, status: number, code: string): Case {
  return { name, bytes, status, code, connection: 'closed' }
}

function badTarget(name: string, target: string): Case {
  const bytes = `GET ${target} HTTP/1.1\r\nHost: api.test\r\n\r\n`
  return { name: `a target with ${name}`, bytes, status: 400, code: 'request.path_invalid', connection: 'open' }
}

function malformedTarget(name: string, method: string, target: string): Case {
  return refused(name, `${method} ${target} HTTP/1.1\r\nHost: api.test\r\n\r\n`, 400, 'request.malformed')
}

function badFraming(name: string, bytes: string): Case {
  return refused(name, bytes, 400, 'request.ambiguous_framing')
}

function malformed(name: string, bytes: string): Case {
  return refused(name, bytes, 400, 'request.malformed')
}

const VERSIONS: readonly Case[] = [
  refused('HTTP/0.9 in words', 'GET /a HTTP/0.9\r\nHost: api.test\r\n\r\n', 505, 'request.version_unknown'),
  refused('HTTP/0.9 without words', 'GET /a\r\n\r\n', 505, 'request.version_unknown'),
  refused('HTTP/1.2', 'GET /a HTTP/1.2\r\nHost: api.test\r\n\r\n', 505, 'request.version_unknown'),
  refused('HTTP/2.0 on a request line', 'GET /a HTTP/2.0\r\nHost: api.test\r\n\r\n', 505, 'request.version_unknown'),
  refused('HTTP/3.0', 'GET /a HTTP/3.0\r\nHost: api.test\r\n\r\n', 505, 'request.version_unknown'),
  refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'request.version_unknown'),
  malformed('a method of RTSP', 'SETUP /a RTSP/1.0\r\nHost: api.test\r\n\r\n'),
  malformed('no protocol name', 'GET /a XTTP/1.1\r\nHost: api.test\r\n\r\n'),
  malformed('lower-case http', 'GET /a http/1.1\r\nHost: api.test\r\n\r\n'),
]

const METHODS: readonly Case[] = [
  refused('TRACE', 'TRACE /a HTTP/1.1\r\nHost: api.test\r\n\r\n', 405, 'request.method_refused'),
  refused('CONNECT', 'CONNECT api.test:443 HTTP/1.1\r\nHost: api.test\r\n\r\n', 405, 'request.method_refused'),
  malformed('an unknown method', 'GIVE /a HTTP/1.1\r\nHost: api.test\r\n\r\n'),
  malformed('a method in lower case', 'get /a HTTP/1.1\r\nHost: api.test\r\n\r\n'),
  malformed('a TLS hello on the plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  malformed('a NUL in front', '\x00GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n'),
]

const HOSTS: readonly Case[] = [
  malformed('no Host', get('', '')),
  malformed('two Hosts', get('Host: other.test\r\n')),
  malformed('two equal Hosts', get('Host: api.test\r\n')),
  malformed('an empty Host', get('', 'Host:\r\n')),
  malformed('a space in Host', get('', 'Host: api .test\r\n')),
  malformed('a slash in Host', get('', 'Host: api.test/x\r\n')),
  malformed('user information in Host', get('', 'Host: admin@api.test\r\n')),
  malformed('a list in Host', get('', 'Host: api.test, other.test\r\n')),
  malformed('a port that is none in Host', get('', 'Host: api.test:99999\r\n')),
  malformed('letters for a port in Host', get('', 'Host: api.test:http\r\n')),
  malformed('an open bracket in Host', get('', 'Host: [::1\r\n')),
  malformed('a high byte in Host', get('', 'Host: \xe4pi.test\r\n')),
  malformed('a target that names another host', `GET http://other.test/a HTTP/1.1\r\nHost: api.test\r\n\r\n`),
  malformed('a target with user information', `GET http://u@api.test/a HTTP/1.1\r\nHost: api.test\r\n\r\n`),
]

const TARGETS: readonly Case[] = [
  badTarget('an encoded slash', '/a%2fb'),
  badTarget('an encoded slash in capitals', '/a%2Fb'),
  badTarget('an encoded backslash', '/a%5cb'),
  badTarget('a backslash', '/a\\b'),
  badTarget('a dot segment', '/a/../b'),
  badTarget('a dot segment at the end', '/a/..'),
  badTarget('a single dot segment', '/a/./b'),
  badTarget('encoded dots', '/a/%2e%2e/b'),
  badTarget('half encoded dots', '/a/.%2e/b'),
  badTarget('an encoded dot in a name', '/a%2ejson'),
  badTarget('an empty segment', '/a//b'),
  badTarget('two slashes in front', '//a'),
  badTarget('a parameter', '/a;v=1'),
  badTarget('an encoded parameter', '/a%3bv=1'),
  badTarget('an encoded NUL', '/a%00'),
  badTarget('an encoded line end', '/a%0d%0ax'),
  badTarget('a doubly encoded slash', '/a%252fb'),
  badTarget('a broken escape', '/a%2'),
  badTarget('an escape that is none', '/a%zz'),
  badTarget('an overlong slash', '/a%c0%afb'),
  badTarget('half a character', '/a%e4b'),
  badTarget('a fragment', '/a#b'),
  badTarget('a fragment in the query', '/a?b#c'),
  badTarget('a quote', '/a"b'),
  malformedTarget('an asterisk for GET', 'GET', '*'),
  malformedTarget('a target without a slash', 'GET', 'a'),
  malformedTarget('a scheme that is not ours', 'GET', 'ftp://api.test/a'),
  malformedTarget('a high byte in the target', 'GET', '/\xe4'),
  malformed('a space in the target', 'GET /a b HTTP/1.1\r\nHost: api.test\r\n\r\n'),
]

const FRAMING: readonly Case[] = [
  badFraming('both framings', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')),
  badFraming('both framings the other way', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n')),
  badFraming('two lengths', post('Content-Length: 5\r\nContent-Length: 6\r\n', 'abcde')),
  badFraming('two equal lengths', post('Content-Length: 5\r\nContent-Length: 5\r\n', 'abcde')),
  badFraming('a list of lengths', post('Content-Length: 5, 5\r\n', 'abcde')),
  badFraming('a signed length', post('Content-Length: +5\r\n', 'abcde')),
  badFraming('a negative length', post('Content-Length: -5\r\n', 'abcde')),
  badFraming('a hexadecimal length', post('Content-Length: 0x5\r\n', 'abcde')),
  badFraming('a length with a space in it', post('Content-Length: 1 5\r\n', 'abcde')),
  badFraming('an immense length', post(`Content-Length: ${'9'.repeat(30)}\r\n`)),
  badFraming('chunked twice', post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n')),
  badFraming('chunked in two lines', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')),
  badFraming('chunked before another coding', post('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n')),
  badFraming('an empty coding', post('Transfer-Encoding:\r\n', '0\r\n\r\n')),
  badFraming('a coding that is not chunked', post('Transfer-Encoding: identity\r\n', '0\r\n\r\n')),
  badFraming('a coding with a tab before it', post('Transfer-Encoding: x\tchunked\r\n', '0\r\n\r\n')),
  badFraming('chunked in quotes', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n')),
  badFraming('a coding in HTTP/1.0', 'POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  refused(
    'gzip under chunked',
    post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    501,
    'request.coding_unknown',
  ),
  refused(
    'identity under chunked',
    post('Transfer-Encoding: identity, chunked\r\n', '0\r\n\r\n'),
    501,
    'request.coding_unknown',
  ),
  refused('a length over the limit', post('Content-Length: 100001\r\n'), 413, 'request.body_too_large'),
]

const FIELDS: readonly Case[] = [
  malformed('a space before the colon', get('Accept : */*\r\n')),
  malformed('a folded line', get('Accept: a\r\n b\r\n')),
  malformed('a line without a colon', get('Accept\r\n')),
  malformed('an empty name', get(': x\r\n')),
  malformed('a name that is no token', get('Acc(ept: x\r\n')),
  malformed('a name with a high byte', get('Acc\xe9pt: x\r\n')),
  malformed('a space before the first line', 'GET /a HTTP/1.1\r\n Host: api.test\r\n\r\n'),
  malformed('a bare line feed', 'GET /a HTTP/1.1\nHost: api.test\n\n'),
  malformed('a bare carriage return in a value', get('Accept: a\rb\r\n')),
  malformed('a NUL in a value', get('Accept: a\x00b\r\n')),
  malformed('a control character in a value', get('Accept: a\x01b\r\n')),
  malformed('a carriage return that ends the head', 'GET /a HTTP/1.1\r\nHost: api.test\r\n\rX: y\r\n\r\n'),
  refused('too many lines', get('a: b\r\n'.repeat(LIMITS.maxHeaderCount + 1)), 431, 'request.head_too_large'),
  refused('too large a line', get(`a: ${'b'.repeat(LIMITS.maxHeaderBytes)}\r\n`), 431, 'request.head_too_large'),
  refused('a line beyond every limit', get(`a: ${'b'.repeat(20_000)}\r\n`), 431, 'request.head_too_large'),
  refused(
    'too long a target',
    `GET /${'a'.repeat(LIMITS.maxTargetBytes)} HTTP/1.1\r\nHost: api.test\r\n\r\n`,
    414,
    'request.target_too_long',
  ),
  refused(
    'a target beyond every limit',
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: api.test\r\n\r\n`,
    414,
    'request.target_too_long',
  ),
  refused('an expectation that nobody knows', get('Expect: 200-ok\r\n'), 417, 'request.expectation'),
  refused('two expectations', get('Expect: 100-continue\r\nExpect: 100-continue\r\n'), 417, 'request.expectation'),
  refused('an expectation in disguise', get('Expect: x-100-continue\r\n'), 417, 'request.expectation'),
  {
    name: 'two Authorization lines',
    bytes: get('Authorization: Bearer a\r\nauthorization: Bearer b\r\n'),
    status: 400,
    code: 'credentials.multiple',
    connection: 'open',
  },
]

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
const UPGRADES: readonly Case[] = [
  refused('a WebSocket by POST', post(UPGRADE), 400, 'request.upgrade_refused'),
  refused('a WebSocket with a body', get(`${UPGRADE}Content-Length: 3\r\n`), 400, 'request.upgrade_refused'),
  refused(
    'a WebSocket beside another protocol',
    get('Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n'),
    400,
    'request.upgrade_refused',
  ),
  refused('a WebSocket asked for twice', get(`${UPGRADE}Upgrade: websocket\r\n`), 400, 'request.upgrade_refused'),
  {
    name: 'a WebSocket on a path with two readings',
    bytes: get(UPGRADE).replace('/a', '/a/../b'),
    status: 400,
    code: 'request.path_invalid',
    connection: 'closed',
  },
]

describe('what has two readings is refused and reaches nothing', () => {
  let door: FrontDoor
  before(async () => {
    door = await openFrontDoor()
  })
  after(() => door.close())

  for (const one of [...VERSIONS, ...METHODS, ...HOSTS, ...TARGETS, ...FRAMING, ...FIELDS, ...UPGRADES]) {
    test(`${one.name}: ${one.status}, ${one.connection}`, async () => {
      const reachedBefore = door.reached.length
      const socket = await openRawSocket({ port: door.port })
      try {
        socket.send(one.bytes)
        if (one.connection === 'closed') {
          socket.send(GOOD)
          const [answer, ...more] = parseAnswers(await socket.closed())
          assert.equal(answer?.status, one.status)
          assert.equal(codeOf(answer?.body ?? ''), one.code)
          assert.deepEqual(answer?.fields.get('connection'), ['close'])
          assert.deepEqual(more, [], 'nothing is answered behind it')
          assert.equal(door.reached.length, reachedBefore, 'nothing reached the handler')
        } else {
          const [answer] = parseAnswers(await socket.until(text => parseAnswers(text).length === 1))
          assert.equal(answer?.status, one.status)
          assert.equal(codeOf(answer?.body ?? ''), one.code)
          assert.equal(door.reached.length, reachedBefore, 'nothing reached the handler')
          socket.send(GOOD)
          const answers = parseAnswers(await socket.until(text => parseAnswers(text).length === 2))
          assert.equal(answers[1]?.body, 'ok /good')
        }
      } finally {
        socket.destroy()
      }
    })
  }

  test('and the handler was never thrown out of', () => {
    assert.deepEqual(door.defects, [])
  })
})
