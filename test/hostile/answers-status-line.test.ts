/** Status lines of an upstream: what is none is 502, and what follows it is nobody's answer. */
import { type AnswerCase, type Expected, judgeAnswers, passed, REFUSED } from '../support/answer-bench.ts'

const REST = 'Content-Length: 2\r\n\r\nok'
/** The standard reason stands in the place of the upstream's. */
const PLAIN: Expected = { status: 200, body: 'ok', reason: 'OK', kept: true }
const line = (text: string, name: string, rule: string, expect: AnswerCase['expect'] = REFUSED): AnswerCase => ({
  name,
  rule,
  answer: `${text}\r\n${REST}`,
  expect,
})

judgeAnswers('a status line', [
  line('HTTP/1.1 200 OK', 'answers properly', 'RFC 9112 section 4', passed('ok')),
  line('HTTP/1.1 200 ', 'gives no reason', 'RFC 9112 section 4', passed('ok')),
  line('HTTP/1.1 200', 'leaves the space behind the status out', 'RFC 9112 section 4', passed('ok')),
  line('HTTP/1.1 299 Odd', 'has a status that nobody knows', 'RFC 9110 section 15', {
    status: 299,
    body: 'ok',
    kept: true,
  }),
  line('HTTP/1.0 200 OK', 'speaks HTTP/1.0 ends its connection', 'RFC 9112 section 9.3', { status: 200, body: 'ok' }),

  line('HTTP/1.1 20 OK', 'has a status of two digits', 'RFC 9112 section 4'),
  line('HTTP/1.1 2000 OK', 'has a status of four digits', 'RFC 9112 section 4'),
  line('HTTP/1.1 2x0 OK', 'has a letter in its status', 'RFC 9112 section 4'),
  line('HTTP/1.1 -200 OK', 'has a negative status', 'RFC 9112 section 4'),
  line('HTTP/1.1 +200 OK', 'has a sign before its status', 'RFC 9112 section 4'),
  line('HTTP/1.1 0x1 OK', 'has a status in hexadecimal digits', 'RFC 9112 section 4'),
  line('HTTP/1.1 000 Zero', 'has the status 000', 'RFC 9110 section 15'),
  line('HTTP/1.1 099 Low', 'has a status below 100', 'RFC 9110 section 15'),
  line('HTTP/1.1 600 High', 'has a status above 599', 'RFC 9110 section 15'),
  line('HTTP/1.1 999 High', 'has the status 999', 'RFC 9110 section 15'),
  line('HTTP/1.1 OK', 'has no status', 'RFC 9112 section 4'),
  line('HTTP/1.1', 'has a version alone', 'RFC 9112 section 4'),
  line('HTTP/1.1  200 OK', 'has two spaces before its status', 'RFC 9112 section 4'),
  line('HTTP/1.1\t200 OK', 'has a tab before its status', 'RFC 9112 section 4'),
  line(' HTTP/1.1 200 OK', 'has a space before its version', 'RFC 9112 section 4'),

  // llhttp reads these as HTTP/1, and so does everything that frames the answer: there is no second reading.
  line('HTTP/0.9 200 OK', 'writes HTTP/0.9 before a head of HTTP/1', 'RFC 9112 section 2.3', {
    status: 200,
    body: 'ok',
  }),
  line('HTTP/2.0 200 OK', 'writes HTTP/2.0 before a head of HTTP/1', 'RFC 9112 section 2.3', {
    status: 200,
    body: 'ok',
  }),
  line('RTSP/1.0 200 OK', 'writes RTSP/1.0 before a head of HTTP/1', 'RFC 9112 section 4', { status: 200, body: 'ok' }),

  line('HTTP/1.2 200 OK', 'speaks HTTP/1.2', 'RFC 9112 section 2.3'),
  line('HTTP/3 200 OK', 'claims HTTP/3', 'RFC 9112 section 2.3'),
  line('HTTP/1 200 OK', 'has half a version', 'RFC 9112 section 2.3'),
  line('HTTP/11 200 OK', 'has a version without a point', 'RFC 9112 section 2.3'),
  line('HTTP/1.1.1 200 OK', 'has a version with two points', 'RFC 9112 section 2.3'),
  line('HTTP/01.1 200 OK', 'has a version with a leading zero', 'RFC 9112 section 2.3'),
  line('http/1.1 200 OK', 'writes its version in lower case', 'RFC 9112 section 2.3'),
  line('HTTPS/1.1 200 OK', 'names another protocol', 'RFC 9112 section 2.3'),
  line('ICY 200 OK', 'speaks SHOUTcast', 'RFC 9112 section 4'),
  line('SIP/2.0 200 OK', 'speaks SIP', 'RFC 9112 section 4'),

  line('HTTP/1.1 200 O\x01K', 'has a control byte in its reason loses it', 'RFC 9112 section 4', PLAIN),
  line('HTTP/1.1 200 O\0K', 'has a NUL in its reason loses it', 'RFC 9112 section 4', PLAIN),
  line('HTTP/1.1 200 O\rK', 'has a bare CR in its reason', 'RFC 9112 section 2.2'),
  line('HTTP/1.1 200 \xe4\xf6', 'has a reason beyond ASCII loses it', 'RFC 9112 section 4', PLAIN),
  line(`HTTP/1.1 200 ${'x'.repeat(1000)}`, 'has a long reason loses it', 'RFC 9112 section 4', PLAIN),
  line(`HTTP/1.1 200 ${'x'.repeat(100_000)}`, 'has a reason of 100,000 bytes loses it', 'threats.md 2', PLAIN),

  {
    name: 'ends its status line with a line feed alone',
    rule: 'CVE-2022-35256',
    answer: `HTTP/1.1 200 OK\n${REST}`,
    expect: REFUSED,
  },
  {
    name: 'ends its status line with CR alone',
    rule: 'CVE-2025-23167',
    answer: `HTTP/1.1 200 OK\r${REST}`,
    expect: REFUSED,
  },
  {
    name: 'ends every line with a line feed alone',
    rule: 'RFC 9112 section 2.2',
    answer: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    expect: REFUSED,
  },
  { name: 'answers with JSON and no head', rule: 'HTTP/0.9', answer: '{"ok":true}', expect: REFUSED },
  { name: 'answers with a page and no head', rule: 'HTTP/0.9', answer: '<!doctype html><p>x', expect: REFUSED },
  { name: 'answers in TLS', rule: 'RFC 8446 section 5.1', answer: '\x15\x03\x01\x00\x02\x02\x46', expect: REFUSED },
  {
    name: 'answers with a TLS handshake',
    rule: 'RFC 8446 section 5.1',
    answer: `\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03${'\x55'.repeat(117)}`,
    expect: REFUSED,
  },
  {
    name: 'answers with an HTTP/2 SETTINGS frame',
    rule: 'RFC 9113 section 3.4',
    answer: '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff',
    expect: REFUSED,
  },
  {
    name: 'sends the request back',
    rule: 'RFC 9112 section 2.1',
    answer: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    expect: REFUSED,
  },
  { name: 'greets as a mail server', rule: 'RFC 9112 section 4', answer: '220 smtp ready\r\n', expect: REFUSED },
  {
    name: 'answers with a byte order mark',
    rule: 'RFC 9112 section 2.2',
    answer: `\xef\xbb\xbfHTTP/1.1 200 OK\r\n${REST}`,
    expect: REFUSED,
  },
  { name: 'answers with NUL bytes', rule: 'RFC 9112 section 2.2', answer: '\0'.repeat(64), expect: REFUSED },
])
