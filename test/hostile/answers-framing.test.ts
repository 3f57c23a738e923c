/** Where an upstream's answer ends: one reading or none, and a body that is not whole never looks whole. */
import { type AnswerCase, type Expected, judgeAnswers, passed, REFUSED } from '../support/answer-bench.ts'

const CUT: Expected = { cut: true }
const HEAD = 'HTTP/1.1 200 OK\r\n'
const framed = (
  lines: string,
  body: string,
  name: string,
  rule: string,
  expect: Expected = REFUSED,
  afterwards?: 'end' | 'reset',
): AnswerCase => ({
  name,
  rule,
  answer: `${HEAD}${lines}\r\n${body}`,
  expect,
  ...(afterwards !== undefined && { afterwards }),
})
const length = (value: string, name: string, expect: Expected = REFUSED): AnswerCase =>
  framed(`Content-Length: ${value}\r\n`, 'ok', name, 'RFC 9112 section 6.3', expect)
const coding = (value: string, name: string, expect: Expected = REFUSED): AnswerCase =>
  framed(`Transfer-Encoding: ${value}\r\n`, '2\r\nok\r\n0\r\n\r\n', name, 'RFC 9112 section 6.1', expect, 'end')
const chunks = (body: string, name: string, expect: Expected = CUT, afterwards?: 'end' | 'reset'): AnswerCase =>
  framed('Transfer-Encoding: chunked\r\n', body, name, 'RFC 9112 section 7.1', expect, afterwards)

judgeAnswers('a length', [
  length('2', 'has a length', passed('ok')),
  length('002', 'has a length with leading zeros', passed('ok')),
  length('', 'has an empty length'),
  length('+2', 'has a length with a sign'),
  length('-2', 'has a negative length'),
  length('0x2', 'has a length in hexadecimal digits'),
  length('2 0', 'has a length with a space inside'),
  length('2.0', 'has a length with a fraction'),
  length('2e0', 'has a length with an exponent'),
  length('2;a', 'has a length with a parameter'),
  length('two', 'has a length in letters'),
  length('\xb2', 'has a length in digits beyond ASCII'),
  length('18446744073709551618', 'has a length that overflows 64 bits'),
  length('99999999999999999999999999', 'has a length that overflows everything'),
  length('2, 2', 'has a list of equal lengths'),
  length('2,3', 'has a list of lengths'),
  length('2\r\nContent-Length: 2', 'has two equal lengths'),
  length('2\r\nContent-Length: 3', 'has two lengths'),
  length('2\r\nContent_Length: 9', 'has a twin of a length', passed('ok')),
  length('2\r\nTransfer-Encoding: chunked', 'has a length and a coding'),
  framed(
    'Transfer-Encoding: chunked\r\nContent-Length: 12\r\n',
    '2\r\nok\r\n0\r\n\r\n',
    'has a coding and a length',
    'RFC 9112 section 6.3',
  ),
  length('2\r\nTransfer-Encoding: identity', 'has a length and the coding identity'),
  length('2\r\nTransfer-Encoding:', 'has a length and an empty coding'),
  length('2\r\nTransfer_Encoding: chunked', 'has a length and a twin of a coding', passed('ok')),
  length('2\r\nX-A: Transfer-Encoding: chunked', 'has a coding inside a value', passed('ok')),
])

judgeAnswers('a coding', [
  coding('chunked', 'sends chunks', { status: 200, body: 'ok' }),
  coding('CHUNKED', 'sends chunks in capitals', { status: 200, body: 'ok' }),
  coding('gzip', 'sends an unknown coding'),
  coding('gzip, chunked', 'sends two codings'),
  coding('chunked, gzip', 'sends two codings, chunks first'),
  coding('chunked, chunked', 'sends chunks in chunks'),
  coding('identity', 'sends the coding identity'),
  coding('identity, chunked', 'sends the coding identity and chunks'),
  coding('xchunked', 'sends a coding that ends like chunks'),
  coding('chunkedx', 'sends a coding that begins like chunks'),
  coding('chun ked', 'sends a coding with a space'),
  coding('"chunked"', 'quotes its coding'),
  coding('chunked;q=1', 'sends chunks with a parameter'),
  coding('\x0bchunked', 'sends a coding behind a vertical tab'),
  coding('chunked\r\nTransfer-Encoding: chunked', 'sends two lines of coding'),
  coding('gzip\r\nTransfer-Encoding: chunked', 'sends two codings in two lines'),
  coding(',chunked', 'sends an empty coding and chunks'),
  coding('', 'sends an empty coding'),
  {
    name: 'sends chunks in HTTP/1.0',
    rule: 'RFC 9112 section 6.1',
    answer: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    expect: { status: 200, body: 'ok' },
  },
  {
    name: 'sends a coding and no content',
    rule: 'RFC 9112 section 6.1',
    answer: 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: gzip\r\n\r\n',
    expect: REFUSED,
  },
])

judgeAnswers('a body of chunks', [
  chunks('2\r\nok\r\n0\r\n\r\n', 'sends chunks', passed('ok')),
  chunks('1\r\no\r\n1\r\nk\r\n0\r\n\r\n', 'sends two chunks', passed('ok')),
  chunks('0\r\n\r\n', 'sends no chunk', passed('')),
  chunks('2;a=b;c="d"\r\nok\r\n0;e\r\n\r\n', 'sends chunk extensions', passed('ok')),
  chunks('00000000002\r\nok\r\n0\r\n\r\n', 'sends a size with leading zeros', passed('ok')),
  chunks(
    '2\r\nok\r\n0\r\nX-T: a\r\nSet-Cookie: b\r\n\r\n',
    'sends trailers loses them',
    passed('ok', { 'x-t': [], 'set-cookie': [] }),
  ),
  chunks('2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n', 'sends a length behind the last chunk'),
  chunks('2\r\nok\r\n0\r\n', 'leaves the last line out', CUT, 'end'),
  chunks('2\r\nok\r\n', 'leaves the last chunk out', CUT, 'end'),
  chunks('2\r\nok\r\n', 'resets between chunks', CUT, 'reset'),
  chunks('5\r\nok', 'ends inside a chunk', CUT, 'end'),
  chunks('5\r\nok', 'resets inside a chunk', CUT, 'reset'),
  chunks('', 'ends before the first chunk', CUT, 'end'),
  chunks('zz\r\nok\r\n0\r\n\r\n', 'sends a size that is none'),
  chunks('2\r\nok\r\nzz\r\nok\r\n0\r\n\r\n', 'sends a second size that is none'),
  chunks('-2\r\nok\r\n0\r\n\r\n', 'sends a negative size'),
  chunks('+2\r\nok\r\n0\r\n\r\n', 'sends a size with a sign'),
  chunks('0x2\r\nok\r\n0\r\n\r\n', 'sends a size with a prefix'),
  chunks(' 2\r\nok\r\n0\r\n\r\n', 'sends a space before a size'),
  chunks('\r\n2\r\nok\r\n0\r\n\r\n', 'sends an empty line before a size'),
  chunks('2\nok\r\n0\r\n\r\n', 'ends a size with a line feed alone'),
  chunks('2\rok\r\n0\r\n\r\n', 'ends a size with CR alone'),
  chunks('2;a\nb\r\nok\r\n0\r\n\r\n', 'has a line feed in an extension'),
  chunks('2\r\nok0\r\n\r\n', 'leaves the end of a chunk out'),
  chunks('2\r\nok\n0\r\n\r\n', 'ends a chunk with a line feed alone'),
  chunks('1\r\nok\r\n0\r\n\r\n', 'sends more than the size of a chunk'),
  chunks('ffffffffffffffff0\r\nok\r\n0\r\n\r\n', 'sends a size that overflows 64 bits'),
  chunks('fffffffffffffffff\r\nok\r\n0\r\n\r\n', 'sends a size of 17 digits'),
  chunks('2\r\nok\r\n0\r\nX T: a\r\n\r\n', 'sends a malformed trailer'),
  chunks('2\r\nok\r\n0\r\nX-T: a\r\n folded\r\n\r\n', 'folds a trailer'),
  chunks(`2;${'a'.repeat(200_000)}\r\nok\r\n0\r\n\r\n`, 'sends an extension of 200,000 bytes', passed('ok')),
  chunks(`2\r\nok\r\n0\r\nX-T: ${'a'.repeat(200_000)}\r\n\r\n`, 'sends trailers of 200,000 bytes'),
])

judgeAnswers('a body of known length', [
  framed('Content-Length: 9\r\n', 'ok', 'ends too early', 'RFC 9112 section 8', CUT, 'end'),
  framed('Content-Length: 9\r\n', 'ok', 'resets too early', 'RFC 9112 section 8', CUT, 'reset'),
  framed('Content-Length: 9\r\n', '', 'ends behind its head', 'RFC 9112 section 8', CUT, 'end'),
  framed('Content-Length: 9\r\n', '', 'resets behind its head', 'RFC 9112 section 8', CUT, 'reset'),
  framed('Content-Length: 0\r\n', '', 'has no body', 'RFC 9112 section 6.3', passed('')),
])

judgeAnswers('a body that ends with the connection', [
  framed('', 'ok', 'ends its body with the connection', 'RFC 9112 section 6.3', { status: 200, body: 'ok' }, 'end'),
  framed('', '', 'ends an empty body with the connection', 'RFC 9112 section 6.3', { status: 200, body: '' }, 'end'),
  framed('', 'ok', 'resets a body without length', 'RFC 9112 section 8', CUT, 'reset'),
  framed('', '', 'resets behind a head without length', 'RFC 9112 section 8', CUT, 'reset'),
])
