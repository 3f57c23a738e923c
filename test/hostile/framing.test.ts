/**
 * The length of a body has one reading or none (H1-08 to H1-12, PX-14; threats 3.3). Behind each refused row there is a good
 * request in the same packet: it is never answered and never forwarded, however the body is read.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  begin,
  get,
  type HostileRow,
  MAX_BODY_BYTES,
  MAX_HEADER_COUNT,
  openHostile,
  pass,
  post,
  refuse,
  testRows,
  valuesOf,
} from '../support/hostile-rows.ts'
import { parseAnswers } from '../support/raw-socket.ts'

const ambiguous = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.ambiguous_framing')
const malformed = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.malformed')
const unknown = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.coding_unknown')
const CHUNK = '5\r\nhello\r\n0\r\n\r\n'
const length = (name: string, value: string): HostileRow =>
  ambiguous(name, post(`Content-Length: ${value}\r\n`, 'hello'))
const coding = (name: string, value: string): HostileRow =>
  ambiguous(name, post(`Transfer-Encoding: ${value}\r\n`, CHUNK))
const filler = (lines: number): string => 'a: b\r\n'.repeat(lines)

testRows(
  'Content-Length',
  [
    ambiguous('H1-12, twice', post('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello')),
    ambiguous('CVE-2020-8287, twice the same', post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello')),
    ambiguous('twice in two spellings', post('Content-Length: 5\r\ncontent-length: 50\r\n', 'hello')),
    ambiguous('twice, once zero', post('Content-Length: 0\r\nContent-Length: 5\r\n', 'hello')),
    ambiguous('CVE-2021-40346, twice, once empty', post('Content-Length: 5\r\nContent-Length:\r\n', 'hello')),
    length('PX-14, a list', '5, 50'),
    length('PX-14, an identical list', '5, 5'),
    length('a list without spaces', '5,5'),
    length('a list with an empty member', '5,'),
    length('a list that begins empty', ',5'),
    length('CVE-2018-7159, with a space in it', '1 5'),
    length('with a tab in it', '1\t5'),
    length('that is empty', ''),
    length('of spaces', '   '),
    length('with a plus', '+5'),
    length('with a minus', '-5'),
    length('that is minus zero', '-0'),
    length('in hex', '0x5'),
    length('in hex digits', 'A'),
    length('in octal', '0o5'),
    length('with an exponent', '5e0'),
    length('with a fraction', '5.0'),
    length('with an underscore', '5_0'),
    length('in quotes', '"5"'),
    length('with a semicolon', '5;'),
    length('with a letter behind it', '5a'),
    length('with a letter before it', 'a5'),
    length('that is a word', 'five'),
    length('that is NaN', 'NaN'),
    length('that is infinite', 'Infinity'),
    length('of thirty digits', '9'.repeat(30)),
    length('that overflows 64 bits', '18446744073709551616'),
    length('that wraps 64 bits to five', '18446744073709551621'),
    length('that overflows 63 bits', '9223372036854775808'),
    length('with a vertical tab', '5\x0b'),
    ambiguous('with a NUL', post('Content-Length: 5\0\r\n', 'hello')),
    ambiguous('with a high byte', post('Content-Length: 5\xa0\r\n', 'hello')),
    malformed('with a carriage return', post('Content-Length: 5\r0\r\n', 'hello')),
    malformed('H1-06, with a space before the colon', post('Content-Length : 5\r\n', 'hello')),
    malformed('H1-07, folded', post('Content-Length:\r\n 5\r\n', 'hello')),
    malformed('CVE-2022-32215, led on by a fold', post('Content-Length: 5\r\n 0\r\n', 'hello')),
    malformed('CVE-2022-32214, ended by a line feed', post('Content-Length: 5\n', 'hello')),
    malformed('CVE-2023-30589, hidden behind a carriage return', post('X: y\rContent-Length: 5\r\n', 'hello')),
    ambiguous('H1-09, beside Transfer-Encoding', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', CHUNK)),
    ambiguous('H1-09, behind Transfer-Encoding', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', CHUNK)),
    ambiguous(
      'H1-09, of zero beside Transfer-Encoding',
      post('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', CHUNK),
    ),
    ambiguous('H1-09, beside an empty Transfer-Encoding', post('Content-Length: 5\r\nTransfer-Encoding:\r\n', 'hello')),
    ambiguous(
      'beside a Transfer-Encoding of identity',
      post('Content-Length: 5\r\nTransfer-Encoding: identity\r\n', 'hello'),
    ),
    ambiguous(
      'CL.0, on a GET beside Transfer-Encoding',
      get('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n') + CHUNK,
    ),
    refuse('over the limit', post(`Content-Length: ${MAX_BODY_BYTES + 1}\r\n`), 'request.body_too_large'),
    refuse('far over the limit', post('Content-Length: 999999999999999\r\n'), 'request.body_too_large'),
    pass('of zero', post('Content-Length: 0\r\n'), 'POST /orders/a', seen => assert.equal(seen.body.length, 0)),
    pass('CL.0, on a GET is read as a body', `${get('Content-Length: 5\r\n')}hello`, 'GET /orders/a', seen =>
      assert.equal(String(seen.body), 'hello'),
    ),
    pass(
      'CL.0, of a whole request is a body',
      post(`Content-Length: ${get().length - '{token}'.length}\r\n`),
      'POST /orders/a',
    ),
    pass(
      'with zeros in front is forwarded without',
      post('Content-Length: 0005\r\n', 'hello'),
      'POST /orders/a',
      seen => assert.deepEqual(valuesOf(seen, 'content-length'), ['5']),
    ),
    pass('between spaces and tabs', post('Content-Length: \t 5 \t \r\n', 'hello'), 'POST /orders/a', seen =>
      assert.deepEqual(valuesOf(seen, 'content-length'), ['5']),
    ),
    pass('none on a POST is no body', post(''), 'POST /orders/a', seen => assert.equal(seen.body.length, 0)),
    pass('in a name with an underscore frames nothing', post('Content_Length: 50\r\n'), 'POST /orders/a', seen =>
      assert.deepEqual(valuesOf(seen, 'content_length'), []),
    ),
  ].filter(row => !row.name.startsWith('CL.0, of a whole')),
)

testRows('Transfer-Encoding', [
  coding('H1-08, chunked twice', 'chunked, chunked'),
  ambiguous('H1-08, chunked in two lines', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', CHUNK)),
  ambiguous(
    'TE.TE, chunked, then identity in a second line',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', CHUNK),
  ),
  ambiguous(
    'TE.TE, identity, then chunked in a second line',
    post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', CHUNK),
  ),
  ambiguous(
    'TE.TE, chunked, then nothing in a second line',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n', CHUNK),
  ),
  ambiguous(
    'TE.TE, nothing, then chunked in a second line',
    post('Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n', CHUNK),
  ),
  coding('H1-11, chunked before another coding', 'chunked, gzip'),
  coding('H1-11, chunked before identity', 'chunked, identity'),
  coding('H1-11, identity', 'identity'),
  coding('H1-11, gzip', 'gzip'),
  coding('threats 1.2, empty', ''),
  coding('of spaces', '  '),
  coding('of a comma', ','),
  coding('CVE-2019-15605, xchunked', 'xchunked'),
  coding('chunkedx', 'chunkedx'),
  coding('x chunked', 'x chunked'),
  coding('chunked x', 'chunked x'),
  coding('a tab before chunked', 'x\tchunked'),
  coding('chunked in quotes', '"chunked"'),
  coding('chunked in apostrophes', "'chunked'"),
  coding('chunked with a semicolon', 'chunked;'),
  coding('chunked with a parameter', 'chunked;q=1'),
  coding('chunked with a comma behind it', 'chunked,'),
  coding('chunked with a comma before it', ', chunked'),
  coding('chunked with a dot', '.chunked'),
  coding('chunked in brackets', '[chunked]'),
  coding('chunked with an equals sign', 'chunked=chunked'),
  coding('chunked cut short', 'chunke'),
  coding('chunked twice and something else', 'chunked, x, chunked'),
  malformed('CVE-2019-15605, a vertical tab before chunked', post('Transfer-Encoding: \x0bchunked\r\n', CHUNK)),
  malformed('a form feed behind chunked', post('Transfer-Encoding: chunked\x0c\r\n', CHUNK)),
  malformed('a NUL behind chunked', post('Transfer-Encoding: chunked\0\r\n', CHUNK)),
  ambiguous('a high space behind chunked', post('Transfer-Encoding: chunked\xa0\r\n', CHUNK)),
  malformed('H1-06, with a space before the colon', post('Transfer-Encoding : chunked\r\n', CHUNK)),
  malformed('H1-06, with a tab before the colon', post('Transfer-Encoding\t: chunked\r\n', CHUNK)),
  malformed('CVE-2022-32213, folded', post('Transfer-Encoding:\r\n chunked\r\n', CHUNK)),
  malformed('CVE-2022-32215, folded on', post('Transfer-Encoding: chunked\r\n , identity\r\n', CHUNK)),
  malformed('CVE-2022-35256, ended by a line feed', post('Transfer-Encoding: chunked\nX: y\r\n', CHUNK)),
  malformed('CVE-2023-30589, hidden behind a carriage return', post('X: y\rTransfer-Encoding: chunked\r\n', CHUNK)),
  malformed('CVE-2020-8201, with a carriage return for its hyphen', post('Transfer\rEncoding: chunked\r\n', CHUNK)),
  malformed('with a space for its hyphen', post('Transfer Encoding: chunked\r\n', CHUNK)),
  malformed('with a NUL in its name', post('Transfer-Encoding\0: chunked\r\n', CHUNK)),
  malformed(
    'CVE-2024-27982, with a space in front',
    begin('POST /orders/a HTTP/1.1').replace('\r\nHost', '\r\n Transfer-Encoding: chunked\r\nHost') + CHUNK,
  ),
  unknown('H1-08, gzip under chunked', post('Transfer-Encoding: gzip, chunked\r\n', CHUNK)),
  unknown('identity under chunked', post('Transfer-Encoding: identity, chunked\r\n', CHUNK)),
  unknown('deflate under chunked', post('Transfer-Encoding: deflate, chunked\r\n', CHUNK)),
  unknown('cow under chunked', post('Transfer-Encoding: cow, chunked\r\n', CHUNK)),
  ambiguous('H1-10, in HTTP/1.0', begin('POST /orders/a HTTP/1.0', 'Transfer-Encoding: chunked\r\n', CHUNK)),
  ambiguous(
    'H1-10, in HTTP/1.0 beside Content-Length',
    begin('POST /orders/a HTTP/1.0', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', CHUNK),
  ),
  ambiguous('H1-10, gzip in HTTP/1.0', begin('POST /orders/a HTTP/1.0', 'Transfer-Encoding: gzip\r\n', CHUNK)),
  pass('H1-13, chunked in capitals', post('Transfer-Encoding: CHUNKED\r\n', CHUNK), 'POST /orders/a', seen =>
    assert.equal(String(seen.body), 'hello'),
  ),
  pass('chunked between spaces', post('Transfer-Encoding:   chunked  \r\n', CHUNK), 'POST /orders/a', seen => {
    assert.equal(String(seen.body), 'hello')
    assert.deepEqual(valuesOf(seen, 'transfer-encoding'), ['chunked'])
  }),
  pass('on a GET', get('Transfer-Encoding: chunked\r\n') + CHUNK, 'GET /orders/a', seen =>
    assert.equal(String(seen.body), 'hello'),
  ),
  pass(
    'TE.0, in a name with an underscore frames nothing',
    post('Transfer_Encoding: chunked\r\n'),
    'POST /orders/a',
    seen => assert.deepEqual(valuesOf(seen, 'transfer_encoding'), []),
  ),
  pass('of a response field frames nothing', post('TE: chunked\r\n'), 'POST /orders/a', seen =>
    assert.deepEqual(valuesOf(seen, 'te'), []),
  ),
])

testRows('framing beyond a count of lines (CVE-2026-58044)', [
  refuse('one line over our cap', get(filler(MAX_HEADER_COUNT - 1)), 'request.head_too_large'),
  refuse(
    '1,000 lines, then a length',
    post(`${filler(1_000)}Content-Length: 5\r\n`, 'hello'),
    'request.head_too_large',
  ),
  refuse(
    '1,000 lines, then chunks',
    post(`${filler(1_000)}Transfer-Encoding: chunked\r\n`, CHUNK),
    'request.head_too_large',
  ),
  refuse(
    '2,000 lines, then a length',
    post(`${filler(2_000)}Content-Length: 5\r\n`, 'hello'),
    'request.head_too_large',
  ),
  refuse(
    '2,000 lines, then a second length',
    post(`Content-Length: 5\r\n${filler(2_000)}Content-Length: 6\r\n`, 'hello'),
    'request.ambiguous_framing',
  ),
  refuse('CVE-2018-12121, many large lines', get(`a: ${'b'.repeat(1_000)}\r\n`.repeat(20)), 'request.head_too_large'),
  refuse('500 empty lines of one letter', get('a:\r\n'.repeat(500)), 'request.head_too_large'),
  pass('as many lines as we take', get(filler(MAX_HEADER_COUNT - 2)), 'GET /orders/a'),
])

/** The same with a cap of ours that is far beyond the parser's default of 1,000: what decides is still seen. */
testRows(
  'framing beyond a count of lines where many are allowed (CVE-2026-58044)',
  [
    ambiguous(
      'a length, 1,050 lines, chunks',
      post(`Content-Length: 5\r\n${filler(1_050)}Transfer-Encoding: chunked\r\n`, CHUNK),
    ),
    ambiguous(
      '1,050 lines between two lengths',
      post(`Content-Length: 5\r\n${filler(1_050)}Content-Length: 5\r\n`, 'hello'),
    ),
    malformed('1,050 lines, then a second Host', get(`${filler(1_050)}Host: other.test\r\n`)),
    refuse('2,001 lines', get(filler(2_001)), 'request.head_too_large'),
  ],
  {
    settings: ({ upstream, jwksUri, issuer }) => `
limits: { max_header_count: 2000, max_header_bytes: 64KiB }
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
`,
  },
)

test('1,050 lines where many are allowed, then what frames the body: it is seen (CVE-2026-58044)', async t => {
  const { open, fill } = await openHostile(t, {
    settings: () => `
limits: { max_header_count: 2000, max_header_bytes: 64KiB }
apis: [ { name: orders, upstream: "builtin:echo", open: true } ]
`,
  })
  for (const framed of [`Content-Length: 5\r\n\r\nhello`, `Transfer-Encoding: chunked\r\n\r\n${CHUNK}`]) {
    const socket = await open()
    socket.send(fill(`POST /orders/a HTTP/1.1\r\nHost: api.test\r\n${filler(1_050)}${framed}`))
    const [answer] = parseAnswers(await socket.until(text => parseAnswers(text).length > 0))
    socket.destroy()
    assert.match(answer?.body ?? '', /"bodyBytes": 5/)
  }
})
