/** Targets: origin-form, absolute-form, the asterisk, and what is none of them (H1-02, H1-04, H1-05; threats 1.1 and 1.5). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../support/front-door.ts'
import {
  AUTHORIZATION,
  begin,
  GOOD,
  get,
  type HostileRow,
  MAX_TARGET_BYTES,
  openHostile,
  pass,
  refuse,
  refuseOne,
  testRows,
  valuesOf,
} from '../support/hostile-rows.ts'
import { parseAnswers } from '../support/raw-socket.ts'

const malformed = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.malformed')
const bad = (name: string, target: string): HostileRow => malformed(name, get('', target))
const invalid = (name: string, target: string): HostileRow => refuseOne(name, get('', target), 'request.path_invalid')
const tooLong = (name: string, target: string): HostileRow => refuse(name, get('', target), 'request.target_too_long')
const absolute = (target: string, host: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${AUTHORIZATION}\r\n`

testRows('a target', [
  bad('that is an asterisk, for GET', '*'),
  bad('without a slash', 'orders/a'),
  bad('that is a query alone', '?a'),
  bad('that is a fragment alone', '#a'),
  bad('that is an authority', 'api.test:80'),
  bad('that is an address', '127.0.0.1:80'),
  bad('with a scheme that is not ours', 'ftp://api.test/orders/a'),
  bad('with the scheme of files', 'file:///etc/passwd'),
  bad('with the scheme of gophers', 'gopher://api.test/orders/a'),
  bad('with the scheme ws', 'ws://api.test/orders/a'),
  bad('with the scheme wss', 'wss://api.test/orders/a'),
  bad('with a scheme and no slashes', 'http:orders/a'),
  bad('with a scheme and one slash', 'http:/orders/a'),
  bad('with a scheme and backslashes', 'http:\\\\api.test\\orders'),
  bad('with a scheme and nothing else', 'http://'),
  bad('with a script', 'javascript:alert(1)'),
  bad('CVE-2016-2086, with a high byte', '/orders/\xe4'),
  bad('with UTF-8 in it', '/orders/\xc3\xa4'),
  bad('with a NUL', '/orders/\0a'),
  bad('with a control character', '/orders/\x01a'),
  bad('with an escape character', '/orders/\x1b[2J'),
  bad('with a delete', '/orders/\x7fa'),
  bad('with a carriage return', '/orders/\ra'),
  bad('with a vertical tab', '/orders/\x0ba'),
  invalid('threats 1.1 (HAProxy), with a fragment', '/orders/a#b'),
  invalid('with a fragment that climbs', '/orders/a#/../../free'),
  invalid('CVE-2023-45539, with a fragment in the query', '/orders/a?b#c'),
  invalid('with a fragment that is empty', '/orders/a#'),
  invalid('with a quote', '/orders/a"b'),
  invalid('with angle brackets', '/orders/<a>'),
  invalid('with braces', '/orders/{a}'),
  invalid('with a bar', '/orders/a|b'),
  invalid('with a caret', '/orders/a^b'),
  invalid('with a backtick', '/orders/a`b'),
  invalid('with brackets', '/orders/[a]'),
])

testRows('a query', [
  pass('passes unchanged', get('', '/orders/a?b=%2f..%2f&c=//../'), 'GET /orders/a?b=%2f..%2f&c=//../'),
  pass('passes with broken escapes', get('', '/orders/a?b=%zz&c=%'), 'GET /orders/a?b=%zz&c=%'),
  pass('passes with a second question mark', get('', '/orders/a?b?c'), 'GET /orders/a?b?c'),
  pass('passes with %00', get('', '/orders/a?b=%00'), 'GET /orders/a?b=%00'),
  pass('passes with an encoded line end', get('', '/orders/a?b=%0d%0aX:y'), 'GET /orders/a?b=%0d%0aX:y'),
  pass('passes with a semicolon', get('', '/orders/a?b;c'), 'GET /orders/a?b;c'),
  pass('passes when it is empty', get('', '/orders/a?'), 'GET /orders/a?'),
  pass('passes with __proto__', get('', '/orders/a?__proto__[x]=1'), 'GET /orders/a?__proto__[x]=1'),
  pass('passes with a URL in it', get('', '/orders/a?u=http://evil.test/'), 'GET /orders/a?u=http://evil.test/'),
  bad('with a high byte', '/orders/a?b=\xe4'),
  bad('with a NUL', '/orders/a?b=\0'),
])

testRows('an absolute target', [
  pass('H1-04, that agrees with Host', absolute('http://api.test/orders/a', 'api.test'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'x-forwarded-host'), ['api.test']),
  ),
  pass('that agrees in another case', absolute('HTTP://API.test/orders/a', 'api.TEST'), 'GET /orders/a'),
  pass('that agrees with the usual port', absolute('http://api.test:80/orders/a', 'api.test'), 'GET /orders/a'),
  pass('that agrees with a port', absolute('http://api.test:8080/orders/a', 'api.test:8080'), 'GET /orders/a'),
  pass('with a query and no path behind it', absolute('http://api.test/orders?a', 'api.test'), 'GET /orders?a'),
  pass(
    'in HTTP/1.0 without Host',
    `GET http://api.test/orders/a HTTP/1.0\r\n${AUTHORIZATION}\r\n`,
    'GET /orders/a',
    seen => assert.deepEqual(valuesOf(seen, 'x-forwarded-host'), ['api.test']),
    'closed',
  ),
  malformed('H1-04, that names another host', absolute('http://other.test/orders/a', 'api.test')),
  malformed('that names another port', absolute('http://api.test:81/orders/a', 'api.test')),
  malformed('that names the port of another scheme', absolute('https://api.test/orders/a', 'api.test:80')),
  malformed('that names a subdomain', absolute('http://a.api.test/orders/a', 'api.test')),
  malformed('that names what Host begins with', absolute('http://api.test.evil/orders/a', 'api.test')),
  malformed('in HTTP/1.1 without Host', `GET http://api.test/orders/a HTTP/1.1\r\n${AUTHORIZATION}\r\n`),
  malformed('with an empty Host', absolute('http://api.test/orders/a', '')),
  malformed('with two Hosts', absolute('http://api.test/orders/a', 'api.test\r\nHost: other.test')),
  malformed('with user information', absolute('http://u@api.test/orders/a', 'api.test')),
  malformed('with user and password', absolute('http://u:p@api.test/orders/a', 'api.test')),
  malformed('with empty user information', absolute('http://@api.test/orders/a', 'api.test')),
  malformed('with a host behind a trick of two at signs', absolute('http://a@b@api.test/orders/a', 'api.test')),
  malformed('with a backslash in the authority', absolute('http://api.test\\@evil.test/orders/a', 'api.test')),
  malformed('with an encoded host', absolute('http://api%2etest/orders/a', 'api.test')),
  malformed('with no host', absolute('http:///orders/a', 'api.test')),
  malformed('with a port alone', absolute('http://:80/orders/a', 'api.test')),
  malformed('with a port that is none', absolute('http://api.test:x/orders/a', 'api.test')),
  malformed('with a port too high', absolute('http://api.test:65536/orders/a', 'api.test')),
  refuseOne(
    'with a path that climbs',
    absolute('http://api.test/free/../orders/a', 'api.test'),
    'request.path_invalid',
  ),
  refuseOne(
    'with two slashes behind the authority',
    absolute('http://api.test//orders/a', 'api.test'),
    'request.path_invalid',
  ),
  refuseOne('with a fragment', absolute('http://api.test/orders/a#b', 'api.test'), 'request.path_invalid'),
  malformed('with a fragment for a path', absolute('http://api.test#/orders/a', 'api.test')),
  refuseOne('PX-08, for the host of no API', absolute('http://other.test/hosted/a', 'other.test'), 'route.not_found'),
])

testRows('a target and its length', [
  pass(
    'H1-02, at the limit passes',
    get('', `/orders/${'a'.repeat(MAX_TARGET_BYTES - 8)}`),
    `GET /orders/${'a'.repeat(MAX_TARGET_BYTES - 8)}`,
  ),
  tooLong('H1-02, one byte over the limit', `/orders/${'a'.repeat(MAX_TARGET_BYTES - 7)}`),
  tooLong('in the query', `/orders/a?${'a'.repeat(MAX_TARGET_BYTES)}`),
  tooLong('in escapes', `/orders/${'%41'.repeat(MAX_TARGET_BYTES / 2)}`),
  tooLong('beyond what the parser reads', `/orders/${'a'.repeat(20_000)}`),
  tooLong('far beyond what the parser reads', `/orders/${'a'.repeat(200_000)}`),
  tooLong('in absolute-form', `http://api.test/orders/${'a'.repeat(MAX_TARGET_BYTES)}`),
  tooLong('in segments', `/orders${'/a'.repeat(MAX_TARGET_BYTES)}`),
  refuse('that never ends', `GET /orders/${'a'.repeat(20_000)}`, 'request.target_too_long'),
])

testRows('OPTIONS and its target', [
  malformed('of an asterisk with another host in absolute-form', begin('OPTIONS http://other.test HTTP/1.1')),
])

test('a target beyond what the parser reads is 414 on a later request of a connection, too', async t => {
  const hostile = await openHostile(t)
  const socket = await hostile.open()
  socket.send(hostile.fill(GOOD))
  await socket.until(/ok$/)
  socket.send(hostile.fill(get('', `/orders/${'a'.repeat(20_000)}`)))
  const [, answer] = parseAnswers(await socket.closed())
  assert.equal(codeOf(answer?.body ?? ''), 'request.target_too_long')
  assert.equal(hostile.scene.upstream.requests.length, 1)
})
