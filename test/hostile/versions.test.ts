/** Versions 1.0 and 1.1 are served and nothing else (H1-20, PX-13; RFC 9112 section 2.3): what Node's parser lets through as well. */
import assert from 'node:assert/strict'
import { begin, get, type HostileRow, pass, refuse, testRows } from '../support/hostile-rows.ts'

const unknown = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.version_unknown')
const malformed = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.malformed')
const version = (text: string): string => begin(`GET /orders/a ${text}`)

testRows('a version of HTTP', [
  unknown('threats 1.2, HTTP/0.9 in words', version('HTTP/0.9')),
  unknown('threats 1.2, HTTP/0.9 without a version', 'GET /orders/a\r\n\r\n'),
  unknown('threats 1.2, HTTP/0.9 without a version, with fields behind it', begin('GET /orders/a')),
  unknown('HTTP/1.2', version('HTTP/1.2')),
  unknown('HTTP/1.9', version('HTTP/1.9')),
  unknown('threats 1.2, HTTP/2.0 on a request line', version('HTTP/2.0')),
  unknown('HTTP/3.0', version('HTTP/3.0')),
  unknown('HTTP/0.0', version('HTTP/0.0')),
  unknown('HTTP/9.9', version('HTTP/9.9')),
  unknown('the preface of HTTP/2 on the plain port', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  unknown('the preface of HTTP/2 with a settings frame', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
  unknown('the preface of HTTP/2, cut short and led on as a request', begin('PRI /orders/a HTTP/1.1')),
  unknown('HTTP/11.1', version('HTTP/11.1')),
  malformed('HTTP/1.10', version('HTTP/1.10')),
  unknown('HTTP/1,1', version('HTTP/1,1')),
  unknown('HTTP/1', version('HTTP/1')),
  unknown('HTTP/', version('HTTP/')),
  unknown('HTTP/.1', version('HTTP/.1')),
  unknown('HTTP/+1.1', version('HTTP/+1.1')),
  malformed('HTTP/1.1 with something behind it', version('HTTP/1.1 x')),
  malformed('HTTP/1.1 with a space behind it', version('HTTP/1.1 ')),
  malformed('HTTP/1.1 with a tab behind it', version('HTTP/1.1\t')),
  malformed('HTTP/1.1 with a NUL behind it', version('HTTP/1.1\0')),
  malformed('two versions', version('HTTP/1.1 HTTP/1.0')),
  malformed('http/1.1 in lower case', version('http/1.1')),
  malformed('Http/1.1', version('Http/1.1')),
  malformed('HTTPS/1.1', version('HTTPS/1.1')),
  malformed('XTTP/1.1', version('XTTP/1.1')),
  malformed('ICE/1.0', version('ICE/1.0')),
  malformed('SIP/2.0', version('SIP/2.0')),
  malformed('threats 1.2, RTSP/1.0 behind a method of RTSP', begin('SETUP /orders/a RTSP/1.0')),
  // Node's parser does not tell which protocol was named where the method is in both: it is judged and forwarded as HTTP.
  pass('threats 1.2, RTSP/1.0 behind GET is HTTP/1.0', version('RTSP/1.0'), 'GET /orders/a', undefined, 'closed'),
  pass(
    'RTSP/1.0 behind OPTIONS is HTTP/1.0',
    begin('OPTIONS /orders/a RTSP/1.0'),
    'OPTIONS /orders/a',
    undefined,
    'closed',
  ),
  unknown('RTSP/2.0', version('RTSP/2.0')),
  malformed('a method of RTSP in HTTP', begin('DESCRIBE /orders/a HTTP/1.1')),
  pass(
    'H1-20, HTTP/1.0 is answered and forwarded as HTTP/1.1',
    version('HTTP/1.0'),
    'GET /orders/a',
    (_seen, answer) => assert.equal(answer.status, 200),
    'closed',
  ),
  pass(
    'H1-17, HTTP/1.0 with keep-alive is not kept',
    begin('GET /orders/a HTTP/1.0', 'Connection: keep-alive\r\n'),
    'GET /orders/a',
    undefined,
    'closed',
  ),
  pass(
    'HTTP/1.0 may go without Host',
    'GET /orders/a HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n',
    'GET /orders/a',
    undefined,
    'closed',
  ),
  refuse('HTTP/1.0 with two Hosts', begin('GET /orders/a HTTP/1.0', 'Host: b\r\n'), 'request.malformed'),
  pass('HTTP/1.1', get(), 'GET /orders/a'),
])
