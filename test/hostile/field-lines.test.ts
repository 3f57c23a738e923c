/** Field lines: names, values, folds, line ends, count and size (H1-01, H1-06, H1-07, PX-17; threats 1.2 and 3.6). */
import assert from 'node:assert/strict'
import {
  AUTHORIZATION,
  get,
  type HostileRow,
  MAX_HEADER_BYTES,
  MAX_HEADER_COUNT,
  pass,
  refuse,
  refuseOne,
  testRows,
  valuesOf,
} from '../support/hostile-rows.ts'

const malformed = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.malformed')
const line = (name: string, text: string): HostileRow => malformed(name, get(`${text}\r\n`))
const tooLarge = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.head_too_large')
const raw = (head: string): string => `GET /orders/a HTTP/1.1${head}`
const NAMES = ['(', ')', '<', '>', '@', ',', ';', '\\', '"', '/', '[', ']', '?', '=', '{', '}']

testRows('a field name', [
  line('H1-06, CVE-2021-22959, with a space before the colon', 'Accept : a'),
  line('H1-06, with a tab before the colon', 'Accept\t: a'),
  line('with a space in it', 'Acc ept: a'),
  line('that is not there', ': a'),
  line('CVE-2023-25725 (HAProxy), that is not there, before framing', ': a\r\nContent-Length: 5'),
  line('without a colon', 'Accept'),
  line('without a colon, with a value', 'Accept a'),
  line('with a NUL in it', 'Acc\0ept: a'),
  line('with a NUL behind it', 'Accept\0: a'),
  line('with a control character', 'Acc\x01ept: a'),
  line('with a delete', 'Acc\x7fept: a'),
  line('with a high byte', 'Acc\xe9pt: a'),
  line('with a soft hyphen', 'X\xadUser: a'),
  line('with UTF-8', 'Acc\xc3\xa9pt: a'),
  line('with a vertical tab', 'Accept\x0b: a'),
  line('CVE-2020-8201, with a carriage return', 'Acc\rept: a'),
  line('CVE-2024-27982, with a space in front', ' Accept: a'),
  line('with a tab in front', '\tAccept: a'),
  ...NAMES.map(character => line(`RFC 9110 5.6.2, with ${character}`, `Acc${character}ept: a`)),
  pass('with every character that a token may have', get("!#$%&'*+-.^`|~0aZ: 1\r\n"), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, "!#$%&'*+-.^`|~0az"), ['1']),
  ),
  pass('CVE-2026-21710, of __proto__', get('__proto__: 1\r\nconstructor: 2\r\n'), 'GET /orders/a', seen => {
    assert.deepEqual(valuesOf(seen, '__proto__'), ['1'])
    assert.deepEqual(valuesOf(seen, 'constructor'), ['2'])
  }),
  pass('CVE-2025-27209, of numbers', get('0: a\r\n1: b\r\n4294967295: c\r\n'), 'GET /orders/a'),
  pass('twice passes twice, in order', get('X-A: 1\r\nX-B: 2\r\nx-a: 3\r\n'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'x-a'), ['1', '3']),
  ),
])

testRows('a field value', [
  line('PX-17, with a NUL', 'Accept: a\0b'),
  line('PX-17, with a carriage return', 'Accept: a\rb'),
  line('PX-17, with a carriage return at its end', 'Accept: a\r'),
  line('with a control character', 'Accept: a\x01b'),
  line('with an escape character', 'Accept: a\x1bb'),
  line('with a delete', 'Accept: a\x7fb'),
  line('with a backspace', 'Accept: a\x08b'),
  line('H1-07, folded by a space', 'Accept: a\r\n b'),
  line('H1-07, folded by a tab', 'Accept: a\r\n\tb'),
  line('H1-07, folded with nothing behind it', 'Accept: a\r\n '),
  line('CVE-2022-32213, folded to another field', 'Accept: a\r\n Content-Length: 5'),
  malformed('H1-07, folded behind the request line', raw(`\r\n Host: api.test\r\n${AUTHORIZATION}\r\n`)),
  malformed('H1-07, folded Host', raw(`\r\nHost:\r\n api.test\r\n${AUTHORIZATION}\r\n`)),
  malformed('H1-07, folded Authorization', raw('\r\nHost: api.test\r\nAuthorization: Bearer\r\n {token}\r\n\r\n')),
  pass('that is empty', get('X-A:\r\n'), 'GET /orders/a', seen => assert.deepEqual(valuesOf(seen, 'x-a'), [''])),
  pass('of spaces is empty', get('X-A:    \r\n'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'x-a'), ['']),
  ),
  pass('CVE-2019-15606, loses the spaces around it', get('X-A: \t a b \t \r\n'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'x-a'), ['a b']),
  ),
  pass('keeps a tab in it', get('X-A: a\tb\r\n'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'x-a'), ['a\tb']),
  ),
  pass('keeps high bytes as they are', get('X-A: \xe4\xff\x80\r\n'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'x-a'), ['\xe4\xff\x80']),
  ),
  pass('keeps colons', get('X-A: b: c\r\n'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'x-a'), ['b: c']),
  ),
  pass('keeps an encoded line end as text', get('X-A: a%0d%0aX-B: c\r\n'), 'GET /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'x-b'), []),
  ),
])

testRows('a line end', [
  malformed('H1-01, that is a line feed alone, everywhere', get().replaceAll('\r\n', '\n')),
  malformed('CVE-2022-32214, that is a line feed alone, once', get('X-A: b\nX-C: d\r\n')),
  malformed('CVE-2023-30589, that is a carriage return alone', get('X-A: b\rX-C: d\r\n')),
  malformed('that is LF CR', get('X-A: b\n\rX-C: d\r\n')),
  malformed('that is CR CR LF', get('X-A: b\r\r\n')),
  malformed(
    'CVE-2025-23167, of the head that is CR LF CR and something',
    get().replace(/\r\n\r\n$/, '\r\n\rX: y\r\n\r\n'),
  ),
  malformed('of the head that is CR LF LF', get().replace(/\r\n\r\n$/, '\r\n\n')),
  malformed('of the head that is LF LF', get().replace(/\r\n\r\n$/, '\n\n')),
  malformed('of the head that is LF CR LF', get().replace(/\r\n\r\n$/, '\n\r\n')),
  malformed('of the head that is CR CR', get().replace(/\r\n\r\n$/, '\r\rX')),
  malformed('that is U+2028', get('X-A: b\xe2\x80\xa8X-C: d\x01\r\n')),
  malformed('that is a vertical tab', get('X-A: b\x0bX-C: d\r\n')),
  malformed('that is a form feed', get('X-A: b\x0cX-C: d\r\n')),
])

testRows('count and size', [
  pass('CVE-2026-58044, as many lines as we take', get('a: b\r\n'.repeat(MAX_HEADER_COUNT - 2)), 'GET /orders/a'),
  tooLarge('CVE-2026-58044, one line more', get('a: b\r\n'.repeat(MAX_HEADER_COUNT - 1))),
  tooLarge(
    'one line more, all with names of their own',
    get(Array.from({ length: MAX_HEADER_COUNT }, (_, i) => `a${i}: b\r\n`).join('')),
  ),
  tooLarge('1,000 lines', get('a: b\r\n'.repeat(1_000))),
  tooLarge('CVE-2018-12121, one line as large as all may be', get(`a: ${'b'.repeat(MAX_HEADER_BYTES)}\r\n`)),
  tooLarge('one name as large as all may be', get(`${'a'.repeat(MAX_HEADER_BYTES)}: b\r\n`)),
  tooLarge('a line beyond what the parser reads', get(`a: ${'b'.repeat(20_000)}\r\n`)),
  tooLarge('a line far beyond what the parser reads', get(`a: ${'b'.repeat(200_000)}\r\n`)),
  tooLarge('a line that never ends', get().replace(/\r\n\r\n$/, `\r\na: ${'b'.repeat(20_000)}`)),
  malformed('a name that never ends', get().replace(/\r\n\r\n$/, `\r\n${'a'.repeat(20_000)}`)),
  malformed(
    'CVE-2019-5737, spaces that do not end, then a second Host',
    get().replace(/\r\n\r\n$/, `\r\na:${' '.repeat(20_000)}`),
  ),
  tooLarge('a Cookie beyond the limit', get(`Cookie: a=${'b'.repeat(MAX_HEADER_BYTES)}\r\n`)),
  tooLarge('many Cookies beyond the limit', get(`Cookie: a=${'b'.repeat(400)}\r\n`.repeat(12))),
])

testRows('Authorization', [
  refuseOne('threats 3.6, twice', get('Authorization: Bearer a.b.c\r\n'), 'credentials.multiple'),
  refuseOne('twice the same', get(AUTHORIZATION), 'credentials.multiple'),
  refuseOne('twice in two spellings', get('aUTHORIZATION: Bearer a\r\n'), 'credentials.multiple'),
  refuseOne('twice, once empty', get('Authorization:\r\n'), 'credentials.multiple'),
  refuseOne('twice, with another scheme', get('Authorization: Basic YTpi\r\n'), 'credentials.multiple'),
  pass('in a name with an underscore beside it counts for nothing', get('Authorization_: x\r\n'), 'GET /orders/a'),
])
