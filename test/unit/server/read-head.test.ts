import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { type AddressSet, createAddressSet } from '../../../src/message/address.ts'
import type { RequestHead } from '../../../src/message/request-head.ts'
import { Connection } from '../../../src/server/connection.ts'
import { readHead } from '../../../src/server/read-head.ts'
import { LIMITS } from '../../support/front-door.ts'
import { createSystemClock } from '../../support/system-clock.ts'

const NOBODY = createAddressSet([])
const PROXY = createAddressSet([{ kind: 'block', address: '10.0.0.1', prefix: 32 }])

interface Arrival {
  readonly method?: string
  readonly url?: string
  readonly version?: string
  readonly lines?: readonly string[]
  readonly from?: string
  readonly tls?: boolean
  readonly trusted?: AddressSet
}

function arrive(arrival: Arrival): ReturnType<typeof readHead> {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: arrival.from ?? '::ffff:10.0.0.1' })
  const rules = {
    ...createSystemClock(),
    tls: arrival.tls ?? false,
    draining: false,
    idleTimeoutMs: 1_000,
    maxTargetBytes: LIMITS.maxTargetBytes,
  }
  const incoming = new IncomingMessage(socket)
  incoming.method = arrival.method ?? 'GET'
  incoming.url = arrival.url ?? '/a'
  incoming.httpVersion = arrival.version ?? '1.1'
  incoming.rawHeaders = [...(arrival.lines ?? ['Host', 'api.test'])]
  const connection = new Connection(socket, rules, () => {})
  return readHead(incoming, connection, { limits: LIMITS, trustedProxies: arrival.trusted ?? NOBODY })
}

function read(arrival: Arrival): RequestHead {
  const head = arrive(arrival)
  assert.ok(head.ok, JSON.stringify(head))
  return head.value
}

function codeOf(arrival: Arrival): string {
  const head = arrive(arrival)
  return head.ok ? 'ok' : head.error.code
}

test('a head is read as it arrived, with its path in canonical form', () => {
  const head = read({ method: 'POST', url: '/%41?b=c', lines: ['Host', 'API.Test:8080', 'Content-Length', '3'] })
  assert.equal(head.method, 'POST')
  assert.equal(head.path, '/A')
  assert.equal(head.query, '?b=c')
  assert.equal(head.authority, 'api.test:8080')
  assert.equal(head.host, 'api.test')
  assert.equal(head.scheme, 'http')
  assert.equal(head.httpVersion, '1.1')
  assert.deepEqual(head.framing, { kind: 'length', bytes: 3 })
  assert.deepEqual(head.peer, { address: '10.0.0.1', port: 0, tls: false, certificate: undefined })
  assert.equal(head.clientAddress, '10.0.0.1')
  assert.equal(head.upgrade, undefined)
  assert.equal(head.fields.first('content-length'), '3')
})

test('FW-06 what a caller says about itself counts only when it comes from a trusted proxy', () => {
  const lines = [
    'Host',
    'api.test',
    'X-Forwarded-For',
    '1.2.3.4',
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Host',
    'z',
  ]
  const stranger = read({ lines })
  assert.deepEqual([stranger.clientAddress, stranger.scheme, stranger.authority], ['10.0.0.1', 'http', 'api.test'])
  const proxy = read({ lines, trusted: PROXY })
  assert.deepEqual([proxy.clientAddress, proxy.scheme, proxy.authority], ['1.2.3.4', 'https', 'api.test'])
  const contradiction = [...lines, 'Forwarded', 'for=4.3.2.1']
  assert.equal(codeOf({ lines: contradiction }), 'ok')
  assert.equal(codeOf({ lines: contradiction, trusted: PROXY }), 'request.forwarding_contradictory')
})

test('a connection over TLS is https until a trusted proxy says otherwise', () => {
  assert.equal(read({ tls: true }).scheme, 'https')
  const lines = ['Host', 'api.test', 'X-Forwarded-Proto', 'http']
  assert.equal(read({ tls: true, lines, trusted: PROXY }).scheme, 'http')
})

test('HTTP/1.0 may go without Host', () => {
  const head = read({ version: '1.0', lines: [] })
  assert.deepEqual([head.authority, head.host, head.httpVersion], ['', '', '1.0'])
  assert.equal(read({ version: '1.0', lines: [], url: 'http://api.test/a' }).host, 'api.test')
})

test('H1-04 an absolute-form target and Host must name the same authority', () => {
  assert.equal(read({ url: 'http://api.test/a' }).authority, 'api.test')
  assert.equal(read({ url: 'http://api.test:80/a' }).authority, 'api.test')
  assert.equal(codeOf({ url: 'http://api.test:8080/a' }), 'request.malformed')
  assert.equal(codeOf({ url: 'http://other.test/a' }), 'request.malformed')
})

test('an upgrade that Node did not take is refused, not passed as an ordinary request', () => {
  const lines = ['Host', 'api.test', 'Connection', 'Upgrade', 'Upgrade', 'websocket']
  assert.equal(codeOf({ lines }), 'request.upgrade_refused')
})

test('limits are inclusive', () => {
  const full = ['Host', 'api.test', ...Array.from({ length: LIMITS.maxHeaderCount - 1 }, () => ['a', 'b']).flat()]
  assert.equal(codeOf({ lines: full }), 'ok')
  assert.equal(codeOf({ lines: [...full, 'a', 'b'] }), 'request.head_too_large')
  assert.equal(codeOf({ url: `/${'a'.repeat(LIMITS.maxTargetBytes - 1)}` }), 'ok')
  assert.equal(codeOf({ url: `/${'a'.repeat(LIMITS.maxTargetBytes)}` }), 'request.target_too_long')
  const rest = LIMITS.maxHeaderBytes - 'Host: api.test\r\na: \r\n'.length
  assert.equal(codeOf({ lines: ['Host', 'api.test', 'a', 'x'.repeat(rest)] }), 'ok')
  assert.equal(codeOf({ lines: ['Host', 'api.test', 'a', 'x'.repeat(rest + 1)] }), 'request.head_too_large')
  assert.equal(codeOf({ lines: ['Host', 'a', 'Content-Length', String(LIMITS.maxBodyBytes)] }), 'ok')
  assert.equal(
    codeOf({ lines: ['Host', 'a', 'Content-Length', String(LIMITS.maxBodyBytes + 1)] }),
    'request.body_too_large',
  )
})

test('a refused method says which are served', () => {
  for (const method of ['TRACE', 'CONNECT']) {
    const head = arrive({ method })
    assert.ok(!head.ok && head.error.code === 'request.method_refused')
    assert.ok(head.error.allow?.includes('GET'))
  }
})
