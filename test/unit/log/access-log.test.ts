import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAccessLog } from '../../../src/log/access-log.ts'
import { type AccessRecord, toJsonLine } from '../../../src/log/access-record.ts'
import { createTestClock, TEST_START_MS } from '../../support/clock.ts'

const GOOD: AccessRecord = {
  atMs: TEST_START_MS + 7,
  requestId: 'r-1',
  clientAddress: '192.0.2.1',
  method: 'GET',
  path: '/orders/7',
  scheme: 'https',
  httpVersion: '1.1',
  status: 200,
  code: undefined,
  allowed: true,
  api: 'orders',
  apiVersion: '1.4',
  route: '/orders/{id}',
  application: 'app-1',
  authServer: 'idp',
  user: undefined,
  durationMs: 1.5,
  policiesMs: 0.12345,
  upstreamMs: 1.2,
  requestBytes: 0,
  responseBytes: 130,
  userAgent: 'curl/8',
  facts: undefined,
  cause: undefined,
}

function write(format: 'json' | 'combined' | 'off', record: AccessRecord): string {
  let text = ''
  const destination = {
    write(line: string) {
      text += line
    },
  }
  createAccessLog(format, destination, createTestClock()).write(record)
  return text
}

test('a good request is one JSON object with the keys that operators search for', () => {
  const line = write('json', GOOD)
  assert.ok(line.endsWith('}\n'))
  assert.deepEqual(JSON.parse(line), {
    level: 'info',
    time: '2026-01-01T00:00:00.007Z',
    'http.request.id': 'r-1',
    'http.request.method': 'GET',
    'url.scheme': 'https',
    'url.path': '/orders/7',
    'http.route': '/orders/{id}',
    'http.response.status_code': 200,
    'client.address': '192.0.2.1',
    'network.protocol.version': '1.1',
    'http.request.body.bytes': 0,
    'http.response.body.bytes': 130,
    'event.duration': 1500000,
    'user_agent.original': 'curl/8',
    'microgateway.api': 'orders',
    'microgateway.api_version': '1.4',
    'microgateway.application': 'app-1',
    'microgateway.auth_server': 'idp',
    'microgateway.decision': 'allow',
    'microgateway.auth_ms': 0.123,
    'microgateway.upstream_ms': 1.2,
  })
})

test('a refusal says its fine code and facts, and of a cause its names only', () => {
  const cause = new Error('secret text', { cause: Object.assign(new Error('more'), { code: 'ECONNRESET' }) })
  const record = {
    ...GOOD,
    status: 401,
    code: 'token.key_unknown',
    allowed: false,
    facts: { kid: 'a"\u001b[31m' },
    cause,
  }
  const logged = JSON.parse(write('json', record))
  assert.equal(logged['error.type'], 'token.key_unknown')
  assert.equal(logged['microgateway.decision'], 'deny')
  assert.deepEqual(logged['microgateway.facts'], { kid: 'a"\\x1b[31m' })
  assert.equal(logged['microgateway.cause'], 'Error < ECONNRESET')
  assert.doesNotMatch(write('json', record), /secret text|more/)
})

test('a request without a readable head still has its line', () => {
  const nothing = { method: undefined, path: undefined, route: undefined, api: undefined, apiVersion: undefined }
  const record = { ...GOOD, ...nothing, status: 400, code: 'request.malformed', userAgent: undefined }
  assert.equal(JSON.parse(write('json', record))['http.response.status_code'], 400)
  assert.match(write('combined', record), /"- - HTTP\/1.1" 400 130 "-" "-"/)
})

test('the combined form is Apache’s', () => {
  const expected = '192.0.2.1 - - [01/Jan/2026:00:00:00 +0000] "GET /orders/7 HTTP/1.1" 200 130 "-" "curl/8"\n'
  assert.equal(write('combined', GOOD), expected)
  assert.match(write('combined', { ...GOOD, user: 'al ice', responseBytes: 0 }), /- al\\x20ice \[.*\] ".*" 200 - /)
})

test('a quote in a caller’s text cannot end its member in the combined form', () => {
  const line = write('combined', { ...GOOD, userAgent: 'a" 200 "b\\\n' })
  assert.match(line, /"a\\" 200 \\"b\\\\\\x0a"\n$/)
})

test('off writes nothing and says so', () => {
  assert.equal(write('off', GOOD), '')
  assert.equal(createAccessLog('off', { write: () => {} }, createTestClock()).enabled, false)
})

test('whatever a caller sends, a line stays one line of printable JSON', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (userAgent, path) => {
      const line = toJsonLine({ ...GOOD, userAgent, path, method: path, user: userAgent }, 'now')
      assert.match(line, /^[\x20-\x7e…]*$/)
      assert.equal(typeof JSON.parse(line)['user_agent.original'], 'string')
    }),
    { numRuns: 200 },
  )
})

test('what is too long is cut', () => {
  const logged = JSON.parse(write('json', { ...GOOD, userAgent: 'x'.repeat(10_000), path: '/'.repeat(10_000) }))
  assert.equal(logged['user_agent.original'], `${'x'.repeat(256)}…`)
  assert.equal(logged['url.path'].length, 2049)
})
