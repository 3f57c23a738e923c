/** Request lines that are none, and bytes of other protocols (H1-01, H1-05; CVE-2016-2086, CVE-2020-8251, CVE-2021-22883). */
import { AUTHORIZATION, begin, get, type HostileRow, pass, refuse, testRows } from '../support/hostile-rows.ts'

const malformed = (name: string, bytes: string): HostileRow => refuse(name, bytes, 'request.malformed')
const rest = `Host: api.test\r\n${AUTHORIZATION}\r\n`

testRows('a request line', [
  // RFC 9112 section 3 allows to split at any run of spaces, and Node's parser does not tell; one space goes upstream.
  pass('RFC 9112 3, with two spaces behind the method', begin('GET  /orders/a HTTP/1.1'), 'GET /orders/a'),
  pass('RFC 9112 3, with two spaces before the version', begin('GET /orders/a  HTTP/1.1'), 'GET /orders/a'),
  malformed('H1-01, with a tab behind the method', begin('GET\t/orders/a HTTP/1.1')),
  malformed('H1-01, with a tab before the version', begin('GET /orders/a\tHTTP/1.1')),
  malformed('H1-01, with a vertical tab', begin('GET /orders/a\x0bHTTP/1.1')),
  malformed('H1-01, with a form feed', begin('GET\x0c/orders/a HTTP/1.1')),
  malformed('H1-01, with a carriage return for a space', begin('GET\r/orders/a HTTP/1.1')),
  malformed('H1-05, with a space in the target', begin('GET /orders/a b HTTP/1.1')),
  malformed('H1-05, with a whole second line in the target', begin('GET /orders/a HTTP/1.1 /orders/b HTTP/1.1')),
  malformed('H1-01, with a space in front', begin(' GET /orders/a HTTP/1.1')),
  malformed('H1-01, with a tab in front', begin('\tGET /orders/a HTTP/1.1')),
  malformed('with a NUL in front', begin('\0GET /orders/a HTTP/1.1')),
  malformed('with a byte order mark in front', begin('\xef\xbb\xbfGET /orders/a HTTP/1.1')),
  malformed('without a target', begin('GET HTTP/1.1')),
  malformed('with a method alone', begin('GET')),
  malformed('with a version alone', begin('HTTP/1.1')),
  malformed('that is an answer', `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`),
  malformed('CVE-2023-30589, that ends in a carriage return alone', `GET /orders/a HTTP/1.1\r${rest}`),
  malformed('CVE-2022-32214, that ends in a line feed alone', `GET /orders/a HTTP/1.1\n${rest}`),
  malformed('that ends in LF CR', `GET /orders/a HTTP/1.1\n\r${rest}`),
  malformed('that ends in CR CR LF', `GET /orders/a HTTP/1.1\r\r\n${rest}`),
  malformed('that is a field line', `Host: api.test\r\n${AUTHORIZATION}\r\n`),
  malformed('of words', 'hello world\r\n\r\n'),
  malformed('of one word', 'GARBAGE\r\n\r\n'),
  malformed('of one NUL', '\0'),
  malformed('of high bytes', '\xff\xfe\xfd\xfc\r\n\r\n'),
  malformed('of JSON', '{"a":1}\r\n\r\n'),
  malformed('of XML', '<?xml version="1.0"?>\r\n\r\n'),
  malformed('in UTF-16', [...'GET /orders/a HTTP/1.1\r\n\r\n'].map(character => `${character}\0`).join('')),
  malformed('that ends in the middle of the method', 'GE\r\n\r\n'),
  malformed('of a PROXY protocol header, version 1', `PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n${get()}`),
  malformed('of a PROXY protocol header, version 2', `\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c${get()}`),
])

testRows('bytes of another protocol', [
  malformed('a TLS 1.2 hello on the plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  malformed('a TLS 1.3 hello', '\x16\x03\x03\x00\x7c\x01\x00\x00\x78\x03\x03'),
  malformed('an SSL 2 hello', '\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10'),
  malformed('a TLS alert', '\x15\x03\x01\x00\x02\x02\x28'),
  malformed('an SSH banner', 'SSH-2.0-OpenSSH_9.9\r\n'),
  malformed('a greeting of SMTP', 'EHLO api.test\r\nMAIL FROM:<a@b>\r\n'),
  malformed('a command of Redis', '*1\r\n$4\r\nPING\r\n'),
  malformed('an inline command of Redis', 'SET a b\r\n'),
  malformed('a handshake of MySQL', '\x4a\0\0\0\x0a8.0.0'),
  malformed('a start-up of PostgreSQL', '\0\0\0\x08\x04\xd2\x16\x2f'),
  malformed('a query of memcached', 'stats\r\n'),
  malformed('a message of MQTT', '\x10\x0e\0\x04MQTT\x04\x02\0<\0\x02ab'),
  malformed('a bind of LDAP', '0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\0\x80\0'),
  malformed('a request of RDP', '\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0'),
  malformed('a hello of SOCKS 5', '\x05\x01\x00'),
  malformed('a connect of SOCKS 4', '\x04\x01\x00\x50\x7f\x00\x00\x01\x00'),
  malformed('FastCGI', '\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0'),
  malformed('AJP', '\x12\x34\0\x0e\x02\x02\0\x08HTTP/1.1'),
])

testRows('empty lines', [
  pass('RFC 9112 2.2, one before a request is skipped', `\r\n${get()}`, 'GET /orders/a'),
  pass('three before a request are skipped', `\r\n\r\n\r\n${get()}`, 'GET /orders/a'),
  pass('a line feed alone before a request is skipped', `\n${get()}`, 'GET /orders/a'),
])
