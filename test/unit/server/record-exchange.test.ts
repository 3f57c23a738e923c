import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Application } from '../../../src/applications/application.ts'
import type { AccessRecord } from '../../../src/log/access-record.ts'
import { Counters, type RouteCounters } from '../../../src/metrics/counters.ts'
import type { Connection } from '../../../src/server/connection.ts'
import { createBadRequestRecorder, createRecorder, type RecordParts } from '../../../src/server/record-exchange.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { makeServed } from '../../support/served-exchange.ts'

/** A recorder at monotonic 1,500 ms whose records are kept. */
function createBench(enabled = true): { readonly parts: RecordParts; readonly records: AccessRecord[] } {
  const records: AccessRecord[] = []
  const clock = createTestClock()
  clock.advance(500)
  const accessLog = { enabled, write: (record: AccessRecord) => void records.push(record) }
  return { records, parts: { clock, counters: new Counters(), accessLog: () => accessLog } }
}

const APPLICATION: Application = {
  id: 'app-1',
  name: 'billing',
  tier: undefined,
  owner: undefined,
  suspended: false,
  apis: new Set(['orders']),
}

function statusesOf({ series }: RouteCounters): string[] {
  return [...series.values()].flatMap(byNumber => [...byNumber.values()].map(({ status }) => status))
}

test('an exchange that was let through is counted at its route and recorded with who called', () => {
  const { parts, records } = createBench()
  const facts = { jwt: makeVerifiedJwt(), application: APPLICATION, user: 'alice' }
  const served = makeServed({ facts, allowedAt: 1_100, exchange: { lines: ['User-Agent', 'test/1'] } })
  served.reply.headAt = 1_400
  served.reply.start(200, [])
  served.reply.write(Buffer.from('1234'))
  createRecorder(parts)(served, { status: 200, denial: undefined })
  assert.partialDeepStrictEqual(records, [
    {
      requestId: served.id,
      status: 200,
      code: undefined,
      allowed: true,
      api: 'orders',
      route: '/orders/*',
      application: 'app-1',
      authServer: 'idp',
      user: 'alice',
      durationMs: 500,
      policiesMs: 100,
      upstreamMs: 300,
      responseBytes: 4,
      userAgent: 'test/1',
    },
  ])
  assert.deepEqual(served.route && statusesOf(served.route.counters), ['200'])
  assert.deepEqual(statusesOf(parts.counters.unrouted), [])
  assert.deepEqual([...parts.counters.applications], [['app-1', 1]])
})

test('a refusal has its code, facts and cause, and no time of an upstream', () => {
  const { parts, records } = createBench()
  const served = makeServed()
  const denial = { code: 'token.expired', facts: { authServer: 'idp' }, cause: new Error('why') } as const
  createRecorder(parts)(served, { status: 401, denial })
  assert.partialDeepStrictEqual(records, [
    { status: 401, code: 'token.expired', allowed: false, facts: denial.facts, cause: denial.cause, policiesMs: 500 },
  ])
  assert.equal(records[0]?.upstreamMs, undefined)
})

test('a caller whom the target refused was not let through, whatever the policies said', () => {
  const { parts, records } = createBench()
  const denial = { code: 'credentials.invalid' } as const
  const record = createRecorder(parts)
  record(makeServed({ allowedAt: 1_100 }), { status: 401, denial })
  record(makeServed({ allowedAt: 1_100 }), { status: 499, denial: { code: 'caller.gone' } })
  record(makeServed({ allowedAt: 1_100 }), { status: 502, denial: { code: 'upstream.unreachable' } })
  record(makeServed({ allowedAt: 1_100 }), { status: 200, denial: { code: 'stream.expired' } })
  assert.deepEqual(
    records.map(({ allowed }) => allowed),
    [false, true, true, true],
  )
})

test('what had no route, or not even a head, is counted and recorded as well', () => {
  const { parts, records } = createBench()
  const record = createRecorder(parts)
  record(makeServed({ upTo: 'head', exchange: { path: '/nowhere' } }), {
    status: 404,
    denial: { code: 'route.not_found' },
  })
  record(makeServed({ upTo: 'nothing', tls: true }), {
    status: 400,
    denial: { code: 'request.malformed' },
  })
  assert.deepEqual(statusesOf(parts.counters.unrouted), ['404', '400'])
  assert.deepEqual(
    records.map(({ path, api, scheme, policiesMs }) => [path, api, scheme, policiesMs]),
    [
      ['/nowhere', undefined, 'http', undefined],
      [undefined, undefined, 'https', undefined],
    ],
  )
})

test('bytes that never were a request have their record, with the peer alone', () => {
  const { parts, records } = createBench()
  const connection: Partial<Connection> = {
    peer: { address: '192.0.2.7', port: 1, tls: false, certificate: undefined },
  }
  const denial = { code: 'request.malformed', facts: { reason: 'parser' } } as const
  createBadRequestRecorder(parts)(denial, connection as Connection, 'id-1', 7)
  assert.partialDeepStrictEqual(records, [
    { requestId: 'id-1', atMs: 7, clientAddress: '192.0.2.7', status: 400, code: 'request.malformed', allowed: false },
  ])
  assert.equal(records[0]?.method, undefined)
  assert.deepEqual(statusesOf(parts.counters.unrouted), ['400'])
})

test('with the access log off exchanges are still counted', () => {
  const { parts, records } = createBench(false)
  createRecorder(parts)(makeServed({ upTo: 'head' }), {
    status: 404,
    denial: { code: 'route.not_found' },
  })
  const connection: Partial<Connection> = {
    peer: { address: '192.0.2.7', port: 1, tls: false, certificate: undefined },
  }
  createBadRequestRecorder(parts)({ code: 'request.malformed' }, connection as Connection, 'id-1', 7)
  assert.deepEqual(records, [])
  assert.deepEqual(statusesOf(parts.counters.unrouted), ['404', '400'])
})

test('a reload that changes the access log counts for exchanges under way', () => {
  const { parts, records } = createBench()
  const other: AccessRecord[] = []
  let log = parts.accessLog()
  const record = createRecorder({ ...parts, accessLog: () => log })
  log = { enabled: true, write: line => void other.push(line) }
  record(makeServed(), { status: 200, denial: undefined })
  assert.deepEqual([records.length, other.length], [0, 1])
})

test('a defect is counted as one, whoever noticed it, and nothing else is', () => {
  const { parts } = createBench(false)
  const record = createRecorder(parts)
  record(makeServed(), { status: 500, denial: { code: 'internal.defect' } })
  record(makeServed(), { status: 200, denial: { code: 'internal.defect' } })
  record(makeServed(), { status: 502, denial: { code: 'upstream.reset' } })
  record(makeServed(), { status: 200, denial: undefined })
  assert.equal(parts.counters.defects, 2)
})
