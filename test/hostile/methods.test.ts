/** Methods: TRACE and CONNECT are refused, the token is checked by case, overrides are ignored (PX-20, PX-23, threats 3.28). */
import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { begin, type HostileRow, pass, refuse, testRows, valuesOf } from '../support/hostile-rows.ts'

const malformed = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.malformed')
const refused = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.method_refused')
const method = (text: string): string => begin(`${text} /orders/a HTTP/1.1`)
const override = (name: string): HostileRow =>
  pass(
    `threats 3.28, ${name} overrides nothing`,
    begin('POST /orders/a HTTP/1.1', `${name}: DELETE\r\nContent-Length: 0\r\n`),
    'POST /orders/a',
  )

/** Not those that are refused, and not those whose answer has no body or which need a body or an upgrade. */
const FORWARDED = METHODS.filter(name => !['TRACE', 'CONNECT', 'HEAD', 'OPTIONS'].includes(name))

testRows('a method', [
  refused('PX-20, TRACE', method('TRACE')),
  refused('PX-20, TRACE with Max-Forwards 0', begin('TRACE /orders/a HTTP/1.1', 'Max-Forwards: 0\r\n')),
  refused('TRACE with a body', begin('TRACE /orders/a HTTP/1.1', 'Content-Length: 5\r\n', 'hello')),
  refused('TRACE in absolute-form', begin('TRACE http://api.test/orders/a HTTP/1.1')),
  refused('PX-20, CONNECT', begin('CONNECT api.test:443 HTTP/1.1')),
  refused('CONNECT to an address', begin('CONNECT 127.0.0.1:22 HTTP/1.1')),
  refused('CONNECT in HTTP/1.0', begin('CONNECT api.test:443 HTTP/1.0')),
  refused('CONNECT with a body', begin('CONNECT api.test:443 HTTP/1.1', 'Content-Length: 5\r\n', 'hello')),
  refused('CONNECT with a path', begin('CONNECT /orders/a HTTP/1.1')),
  malformed('H1-02, an unknown method', method('GIVE')),
  malformed('H1-02, an unknown long method', method('A'.repeat(300))),
  malformed('lower case', method('get')),
  malformed('mixed case', method('Get')),
  malformed('a method with a digit in front', method('1GET')),
  malformed('a method with something behind it', method('GETX')),
  malformed('a method cut short', method('GE')),
  malformed('a method with a colon', method('GET:')),
  malformed('a method with a NUL in it', method('G\0ET')),
  malformed('a method with a high byte', method('G\xc9T')),
  malformed('a method with a line feed', method('GET\n')),
  malformed('a method in quotes', method('"GET"')),
  malformed('two methods', method('GET POST')),
  malformed('M-SEARCH cut short', method('M-')),
  override('X-HTTP-Method-Override'),
  override('X-HTTP-Method'),
  override('X-Method-Override'),
  pass(
    '_method in the query overrides nothing',
    begin('GET /orders/a?_method=DELETE HTTP/1.1'),
    'GET /orders/a?_method=DELETE',
  ),
  ...FORWARDED.map(name =>
    pass(
      `${name} is forwarded as it is`,
      begin(`${name} /orders/a HTTP/1.1`, 'Content-Length: 2\r\n', 'hi'),
      `${name} /orders/a`,
      seen => assert.deepEqual(valuesOf(seen, 'content-length'), ['2']),
    ),
  ),
])

testRows('OPTIONS', [
  pass('of a path is forwarded', begin('OPTIONS /orders/a HTTP/1.1'), 'OPTIONS /orders/a'),
  {
    name: 'RFC 9110 9.3.7, of the asterisk is answered here',
    bytes: begin('OPTIONS * HTTP/1.1'),
    answer: 200,
    connection: 'kept',
  },
  {
    name: 'RFC 9112 3.2.4, of an absolute target without a path is the asterisk',
    bytes: begin('OPTIONS http://api.test HTTP/1.1'),
    answer: 200,
    connection: 'kept',
  },
  pass(
    'of an absolute target with a path is forwarded',
    begin('OPTIONS http://api.test/orders/a HTTP/1.1'),
    'OPTIONS /orders/a',
  ),
  malformed('of two asterisks', begin('OPTIONS ** HTTP/1.1')),
  malformed('of an asterisk and a path', begin('OPTIONS */orders/a HTTP/1.1')),
  malformed('of an asterisk and a query', begin('OPTIONS *?a HTTP/1.1')),
])
