import assert from 'node:assert/strict'
import type { ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import type { Result } from '../../../src/errors/denial.ts'
import { createAddressSet } from '../../../src/message/address.ts'
import type { RequestHead } from '../../../src/message/request-head.ts'
import { Caller } from '../../../src/server/caller.ts'
import { Http2Request } from '../../../src/server/http2-request.ts'
import { readHead } from '../../../src/server/read-head.ts'
import { LIMITS } from '../../support/front-door.ts'

const NOBODY = createAddressSet([])
const ANYBODY = createAddressSet([{ kind: 'block', address: '127.0.0.0', prefix: 8 }])
const GOOD = [':method', 'GET', ':scheme', 'https', ':authority', 'example.org', ':path', '/items?x=1']

interface Arrival {
  readonly list: readonly string[]
  readonly isComplete?: boolean
  readonly tls?: boolean
  readonly trusted?: typeof NOBODY
}

/** Reads a list as if nghttp2 had let everything through. */
function read({ list, isComplete = true, tls = true, trusted = NOBODY }: Arrival): Result<RequestHead> {
  const request = new Http2Request({} as Partial<ServerHttp2Stream> as ServerHttp2Stream, list, isComplete)
  const caller = new Caller({ address: '127.0.0.1', port: 1, tls, certificate: undefined }, '2.0')
  return readHead(request, caller, { limits: LIMITS, trustedProxies: trusted })
}

function headOf(arrival: Arrival): RequestHead {
  const result = read(arrival)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

test('a good list is a head like any other', () => {
  const head = headOf({ list: [...GOOD, 'accept', '*/*'] })
  assert.deepEqual(
    [head.method, head.path, head.query, head.authority, head.host, head.scheme, head.httpVersion, head.upgrade],
    ['GET', '/items', '?x=1', 'example.org', 'example.org', 'https', '2.0', undefined],
  )
  assert.deepEqual(head.fields.lines, ['accept', '*/*'])
  assert.deepEqual(head.framing, { kind: 'none' })
})

test('a body has the length that it says, or an end that frames tell', () => {
  assert.deepEqual(headOf({ list: [...GOOD, 'content-length', '7'], isComplete: false }).framing, {
    kind: 'length',
    bytes: 7,
  })
  assert.deepEqual(headOf({ list: GOOD, isComplete: false }).framing, { kind: 'chunked' })
  assert.deepEqual(headOf({ list: [...GOOD, 'content-length', '0'] }).framing, { kind: 'length', bytes: 0 })
})

test('Host stands in for :authority, and may say the same', () => {
  const without = GOOD.filter((_, i) => i !== 4 && i !== 5)
  assert.equal(headOf({ list: [...without, 'host', 'Example.org:8443'] }).authority, 'example.org:8443')
  assert.equal(headOf({ list: [...GOOD, 'host', 'EXAMPLE.org:443'] }).authority, 'example.org')
})

test('a trusted proxy tells who is calling, in this version as well', () => {
  const list = [...GOOD, 'x-forwarded-for', '192.0.2.7', 'x-forwarded-proto', 'http']
  assert.equal(headOf({ list }).clientAddress, '127.0.0.1')
  const head = headOf({ list, trusted: ANYBODY })
  assert.deepEqual([head.clientAddress, head.scheme], ['192.0.2.7', 'http'])
})

test('a trusted proxy that ends TLS may name the scheme of its caller, which is not believed for that', () => {
  assert.equal(headOf({ list: GOOD, tls: false, trusted: ANYBODY }).scheme, 'http')
})

const without = (name: string): string[] => {
  const at = GOOD.indexOf(name)
  return GOOD.filter((_, i) => i !== at && i !== at + 1)
}
const changed = (name: string, value: string): string[] => [...without(name), name, value]

const REFUSED: readonly (readonly [string, Arrival, string, string?])[] = [
  ['no method', { list: without(':method') }, 'request.malformed', 'method'],
  ['no scheme', { list: without(':scheme') }, 'request.malformed', 'scheme'],
  ['no authority', { list: without(':authority') }, 'request.malformed', 'host_missing'],
  ['no path', { list: without(':path') }, 'request.malformed', 'target'],
  ['an absolute-form path', { list: changed(':path', 'https://example.org/') }, 'request.malformed', 'target'],
  ['the asterisk for GET', { list: changed(':path', '*') }, 'request.malformed'],
  ['a path with two readings', { list: changed(':path', '/a/../b') }, 'request.path_invalid', 'path'],
  ['a long target', { list: changed(':path', `/${'x'.repeat(2_000)}`) }, 'request.target_too_long'],
  ['the scheme of another port', { list: GOOD, tls: false }, 'request.malformed', 'scheme'],
  ['a pseudo field twice', { list: [...GOOD, ':path', '/other'] }, 'request.malformed', 'pseudo_field_repeated'],
  ['an unknown pseudo field', { list: [...GOOD, ':protocol', 'x'] }, 'request.malformed', 'pseudo_field_unknown'],
  ['a pseudo field behind a field', { list: ['a', 'b', ...GOOD] }, 'request.malformed', 'pseudo_field_late'],
  ['an upper-case name', { list: [...GOOD, 'Accept', '*/*'] }, 'request.malformed', 'field_name'],
  ['a name that is no token', { list: [...GOOD, 'a b', '1'] }, 'request.malformed', 'field_name'],
  ['an empty name', { list: [...GOOD, '', '1'] }, 'request.malformed', 'field_name'],
  ...['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'http2-settings'].map(
    name => [name, { list: [...GOOD, name, 'x'] }, 'request.malformed', 'connection_specific'] as const,
  ),
  ['te that is not trailers', { list: [...GOOD, 'te', 'gzip, trailers'] }, 'request.malformed', 'te'],
  ['an invalid authority', { list: changed(':authority', 'a@b') }, 'request.malformed', 'host'],
  ['another Host', { list: [...GOOD, 'host', 'other'] }, 'request.malformed', 'host_differs_from_target'],
  ['an invalid Host', { list: [...GOOD, 'host', 'a b'] }, 'request.malformed', 'host'],
  [
    'two Hosts',
    { list: [...GOOD, 'host', 'example.org', 'host', 'example.org'] },
    'request.malformed',
    'host_repeated',
  ],
  ['two lengths', { list: [...GOOD, 'content-length', '1', 'content-length', '1'] }, 'request.ambiguous_framing'],
  ['a length with a sign', { list: [...GOOD, 'content-length', '+1'], isComplete: false }, 'request.ambiguous_framing'],
  ['a length without a body', { list: [...GOOD, 'content-length', '1'] }, 'request.ambiguous_framing'],
  [
    'a length beyond the limit',
    { list: [...GOOD, 'content-length', '200000'], isComplete: false },
    'request.body_too_large',
  ],
  ['two credentials', { list: [...GOOD, 'authorization', 'a', 'authorization', 'b'] }, 'credentials.multiple'],
  ['an unknown expectation', { list: [...GOOD, 'expect', 'x'] }, 'request.expectation'],
  ['TRACE', { list: changed(':method', 'TRACE') }, 'request.method_refused'],
  ['CONNECT', { list: [':method', 'CONNECT', ':authority', 'x:1'] }, 'request.method_refused'],
  ['a method in lower case', { list: changed(':method', 'get') }, 'request.malformed', 'method'],
  ['too many fields', { list: [...GOOD, ...Array(33).fill(['a', 'b']).flat()] }, 'request.head_too_large', 'count'],
  [
    'too many crumbs',
    { list: [...GOOD, ...Array(33).fill(['cookie', 'b']).flat()] },
    'request.head_too_large',
    'count',
  ],
  ['too large fields', { list: [...GOOD, 'a', 'x'.repeat(5_000)] }, 'request.head_too_large', 'size'],
]

for (const [name, arrival, code, reason] of REFUSED) {
  test(`${name}: ${code}, whatever was let through before`, () => {
    const result = read(arrival)
    assert.ok(!result.ok)
    assert.equal(result.error.code, code)
    if (reason !== undefined) assert.equal(result.error.facts?.['reason'], reason)
  })
}
