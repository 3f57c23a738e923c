import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Facts } from '../../../src/exchange/exchange.ts'
import { type OpenStream, toOpenStream } from '../../../src/server/open-stream.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { makeServed } from '../../support/served-exchange.ts'

const RULES = { closeOnExpiry: true, timeoutMs: 1_000 }
const jwt = makeVerifiedJwt({}, { expiresAtMs: 5 })

function streamOf(facts: Facts, fields: readonly string[] = [], status = 101, rules = RULES): OpenStream {
  const served = makeServed({ facts })
  served.reply.start(status, fields)
  served.reply.headAt = 200
  return toOpenStream(served, rules, 300)
}

test('the kind is the status or the media type, in any spelling', () => {
  const table = [
    [101, ['content-type', 'text/html'], 'websocket'],
    [200, ['Content-Type', ' Text/Event-Stream;charset=utf-8'], 'event_stream'],
    [200, ['date', 'now', 'CONTENT-TYPE', 'application/grpc-web+proto'], 'grpc'],
    [200, ['content-type', 'application/json'], 'other'],
    [200, ['x-type', 'text/event-stream'], 'other'],
    [200, [], 'other'],
  ] as const
  for (const [status, fields, kind] of table) assert.equal(streamOf({}, fields, status).kind, kind)
})

test('it ends with its token where the API wants that and the kind allows it', () => {
  const endless = Number.POSITIVE_INFINITY
  assert.equal(streamOf({ jwt }).expiresAtMs, 5)
  assert.equal(streamOf({ jwt }, [], 101, { ...RULES, closeOnExpiry: false }).expiresAtMs, endless)
  assert.equal(streamOf({ jwt }, [], 200).expiresAtMs, endless)
  assert.equal(streamOf({ identifiedBy: ['api_key'] }).expiresAtMs, endless)
})

test('its caller is judged again where somebody was identified; a password alone only under other settings', () => {
  const table: readonly (readonly [Facts, boolean, number])[] = [
    [{}, false, 300],
    [{ jwt }, true, 300],
    [{ identifiedBy: ['api_key'] }, true, 300],
    [{ identifiedBy: ['http_basic'], user: 'alice' }, true, Number.POSITIVE_INFINITY],
    [{ identifiedBy: ['http_basic', 'jwt'], user: 'alice', jwt }, true, 300],
  ]
  for (const [facts, isJudged, judgeAt] of table) {
    const stream = streamOf(facts)
    assert.deepEqual([stream.isJudged, stream.judgeAt], [isJudged, judgeAt])
  }
  assert.equal(streamOf({ jwt }, [], 101, { ...RULES, closeOnExpiry: false }).isJudged, false)
})

test('its time limit counts from its head', () => {
  assert.equal(streamOf({}).timeoutAt, 1_200)
})
