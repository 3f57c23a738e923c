/** Field lines of an upstream's answer: what may pass passes byte for byte, what has two readings is 502, and nothing of ours can be faked. */
import { type AnswerCase, judgeAnswers, passed, REFUSED } from '../support/answer-bench.ts'

const field = (text: string, name: string, rule: string, expect: AnswerCase['expect'] = REFUSED): AnswerCase => ({
  name,
  rule,
  answer: `HTTP/1.1 200 OK\r\n${text}\r\nContent-Length: 2\r\n\r\nok`,
  expect,
})
const keeps = (value: string, name: string, rule: string): AnswerCase =>
  field(`X-A: ${value}`, name, rule, passed('ok', { 'x-a': [value.trim()] }))
/** A field that must not reach the caller. */
const loses = (text: string, name: string, rule: string): AnswerCase => {
  const fieldName = text.slice(0, text.indexOf(':')).toLowerCase()
  return field(text, name, rule, passed('ok', { [fieldName]: [] }))
}

judgeAnswers('a malformed field line', [
  field('X-A : b', 'puts a space before a colon', 'RFC 9112 section 5.1, CVE-2021-22959'),
  field('X-A\t: b', 'puts a tab before a colon', 'RFC 9112 section 5.1'),
  field('Content-Length : 2', 'puts a space before the colon of the length', 'CVE-2019-15605'),
  field('X-A b', 'leaves a colon out', 'RFC 9112 section 5'),
  field(': b', 'has an empty name', 'RFC 9110 section 5.1'),
  field(' X-A: b', 'puts a space before the first field', 'RFC 9112 section 2.2, CVE-2024-27982'),
  field('X A: b', 'has a space in a name', 'RFC 9110 section 5.1'),
  field('X(A): b', 'has a delimiter in a name', 'RFC 9110 section 5.6.2'),
  field('X\xe4: b', 'has a name beyond ASCII', 'RFC 9110 section 5.1'),
  field('X\0A: b', 'has a NUL in a name', 'RFC 9110 section 5.1'),
  field('X\x7fA: b', 'has DEL in a name', 'RFC 9110 section 5.1'),
  field('X-A: b\r\n folded', 'folds a line', 'RFC 9112 section 5.2'),
  field('X-A: b\r\n\tfolded', 'folds a line with a tab', 'RFC 9112 section 5.2'),
  field('Content-Length: 2\r\n 0', 'folds the length', 'CVE-2022-32215'),
  field('Transfer-Encoding:\r\n chunked', 'folds the coding', 'CVE-2022-35256'),
  field('X-A: b\rX-B: c', 'ends a line with CR alone', 'CVE-2023-30589'),
  field('X-A: b\r\rX-B: c', 'ends a line with two CR', 'CVE-2023-30589'),
  field('X-A: b\nX-B: c', 'ends a line with a line feed alone', 'CVE-2022-32214'),
  field('X-A: b\r\n\rX-B: c', 'ends its head with CR LF CR', 'CVE-2025-23167'),
  field('X-A: b\0c', 'has a NUL in a value', 'RFC 9110 section 5.5'),
  field('X-A: b\x01c', 'has a control byte in a value', 'RFC 9110 section 5.5'),
  field('X-A: b\x0bc', 'has a vertical tab in a value', 'RFC 9110 section 5.5'),
  field('X-A: b\x1bc', 'has an escape byte in a value', 'RFC 9110 section 5.5'),
  field('X-A: b\x7fc', 'has DEL in a value', 'RFC 9110 section 5.5'),
])

judgeAnswers('a field that may pass', [
  keeps('b\tc', 'has a tab in a value', 'RFC 9110 section 5.5'),
  keeps('b \xe4\xf6\xff', 'has a value in Latin-1', 'RFC 9110 section 5.5'),
  keeps('\xe2\x82\xac \xf0\x9f\x90\x98', 'has a value in UTF-8', 'RFC 9110 section 5.5'),
  keeps('', 'has an empty value', 'RFC 9110 section 5.5'),
  keeps(`"quoted, \\" text"; a=b`, 'has a quoted text', 'RFC 9110 section 5.6.4'),
  keeps('x'.repeat(30_000), 'has a value of 30,000 bytes', 'threats.md 3.6'),
  field('X-A: \t b \t ', 'has white space around a value', 'RFC 9112 section 5', passed('ok', { 'x-a': ['b'] })),
  field('X-A:b', 'has no space behind a colon', 'RFC 9112 section 5', passed('ok', { 'x-a': ['b'] })),
  field('x-a: b\r\nX-A: c', 'has two lines of one name', 'RFC 9110 section 5.2', passed('ok', { 'x-a': ['b', 'c'] })),
  field(
    'Set-Cookie: a=b; Path=/, c\r\nset-cookie: d=e\r\nSET-COOKIE: f',
    'sets several cookies',
    'RFC 6265 section 3',
    passed('ok', { 'set-cookie': ['a=b; Path=/, c', 'd=e', 'f'] }),
  ),
  field('__proto__: a', 'names a field __proto__', 'CVE-2026-21710', passed('ok', { __proto__: ['a'] } as never)),
  field('constructor: a', 'names a field constructor', 'CVE-2026-21710', passed('ok', { constructor: ['a'] } as never)),
  field(
    'toString: a\r\nhasOwnProperty: b',
    'names fields as methods',
    'CVE-2026-21710',
    passed('ok', { tostring: ['a'] }),
  ),
  field("!#$%&'*+-.^_`|~9: a", 'uses every character of a name', 'RFC 9110 section 5.6.2', passed('ok')),
  field(
    'WWW-Authenticate: Basic',
    'asks for credentials',
    'RFC 9110 section 11.6',
    passed('ok', { 'www-authenticate': ['Basic'] }),
  ),
  field(
    'Date: Tue, 01 Jan 2030 00:00:00 GMT',
    'has a date',
    'RFC 9110 section 6.6.1',
    passed('ok', { date: ['Tue, 01 Jan 2030 00:00:00 GMT'] }),
  ),
])

judgeAnswers('a field that ends at the gateway', [
  loses('Keep-Alive: timeout=5', 'says how long it keeps a connection', 'RFC 9110 section 7.6.1'),
  loses('Proxy-Connection: keep-alive', 'sends Proxy-Connection', 'RFC 9110 section 7.6.1'),
  loses('Proxy-Authenticate: Basic', 'sends Proxy-Authenticate', 'RFC 9110 section 11.7'),
  loses('Proxy-Authentication-Info: a', 'sends Proxy-Authentication-Info', 'RFC 9110 section 11.7'),
  loses('TE: trailers', 'sends TE', 'RFC 9110 section 7.6.1'),
  loses('Trailer: X-T', 'announces a trailer', 'RFC 9110 section 6.6.2'),
  loses('Upgrade: h2c', 'offers another protocol', 'RFC 9110 section 7.8'),
  field(
    'Connection: X-A, keep-alive\r\nX-A: b\r\nX-B: c',
    'names a field in Connection',
    'RFC 9110 section 7.6.1',
    passed('ok', { 'x-a': [], 'x-b': ['c'] }),
  ),
  field(
    'Connection: X-A\r\nConnection: x-b\r\nX-A: b\r\nX-B: c',
    'names fields in two Connection lines',
    'RFC 9110 section 7.6.1',
    passed('ok', { 'x-a': [], 'x-b': [] }),
  ),
  field(
    'Connection: Content-Length, Date, X-Request-Id',
    'names framing and our fields in Connection',
    'CVE-2024-45410',
    passed('ok'),
  ),
  field('Connection: close\r\nX-A: b', 'closes its own connection leaves the caller’s alone', 'RFC 9112 section 9.6', {
    status: 200,
    body: 'ok',
    fields: { 'x-a': ['b'] },
  }),
  loses('X-JWT-Assertion: forged', 'sends an assertion', 'product.md 6'),
  loses('x_jwt_assertion: forged', 'sends an assertion in another spelling', 'CVE-2025-64484'),
  loses('X-Application-Id: forged', 'names an application', 'product.md 6'),
  loses('X.Application.Name: forged', 'names an application in another spelling', 'CVE-2026-52845'),
])

const HEAD = 'HTTP/1.1 200 OK\r\n'
judgeAnswers('a head that is too large', [
  {
    name: 'sends 70,000 bytes of one field',
    rule: 'threats.md 3.14',
    answer: `${HEAD}X-A: ${'x'.repeat(70_000)}\r\nContent-Length: 2\r\n\r\nok`,
    expect: REFUSED,
  },
  {
    name: 'sends 70,000 bytes of one name',
    rule: 'threats.md 3.14',
    answer: `${HEAD}${'x'.repeat(70_000)}: a\r\nContent-Length: 2\r\n\r\nok`,
    expect: REFUSED,
  },
  {
    name: 'sends 10,000 fields',
    rule: 'CVE-2026-58044',
    answer: `${HEAD}${Array.from({ length: 10_000 }, (_, i) => `X-${i}: ${i}\r\n`).join('')}Content-Length: 2\r\n\r\nok`,
    expect: REFUSED,
  },
  {
    name: 'sends 10,000 lines of one field',
    rule: 'CVE-2026-58044',
    answer: `${HEAD}${'X-A: bcdefg\r\n'.repeat(10_000)}Content-Length: 2\r\n\r\nok`,
    expect: REFUSED,
  },
  {
    name: 'sends a head without an end',
    rule: 'CVE-2018-12121',
    answer: `${HEAD}${'X-A: b\r\n'.repeat(40_000)}`,
    expect: REFUSED,
  },
  {
    name: 'sends 1,500 fields within the bound',
    rule: 'CVE-2026-58044',
    answer: `${HEAD}${'X-A: b\r\n'.repeat(1_500)}Content-Length: 2\r\n\r\nok`,
    expect: passed('ok', { 'x-a': Array.from({ length: 1_500 }, () => 'b') }),
  },
])
