import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concludeExchange } from '../../../src/server/conclude-exchange.ts'
import { toOpenStream } from '../../../src/server/open-stream.ts'
import { makeServed } from '../../support/served-exchange.ts'

test('an answer that is out is left alone, whole or cut', () => {
  const served = makeServed()
  assert.deepEqual(concludeExchange(served, { kind: 'replied', status: 201 }), {
    status: 201,
    denial: undefined,
  })
  const denial = { code: 'upstream.interrupted' } as const
  assert.deepEqual(concludeExchange(served, { kind: 'broken', denial, afterStatus: 200 }), {
    status: 200,
    denial,
  })
  assert.equal(served.reply.headSent, false)
})

test("a denial is answered with its status and the API's challenge", () => {
  const served = makeServed()
  const { status } = concludeExchange(served, { kind: 'denied', denial: { code: 'credentials.missing' } })
  assert.equal(status, 401)
  assert.equal(served.reply.status, 401)
  assert.deepEqual(served.reply.values('www-authenticate'), ['Bearer realm="orders"'])
  assert.deepEqual(served.reply.values('x-request-id'), [served.id])
  assert.equal(JSON.parse(served.reply.text).code, 'credentials.missing')
})

test("without a route the gateway's own name is the realm, and the format is that of the settings", () => {
  const served = makeServed({ upTo: 'nothing', snapshot: { settings: { faults: { format: 'exception' } } } })
  assert.equal(concludeExchange(served, { kind: 'denied', denial: { code: 'request.malformed' } }).status, 400)
  assert.ok('Exception' in JSON.parse(served.reply.text))
})

test('a denial after the head cuts the answer: it must look cut', () => {
  const served = makeServed()
  served.reply.start(200, [])
  const denial = { code: 'internal.defect' } as const
  assert.deepEqual(concludeExchange(served, { kind: 'denied', denial }), { status: 200, denial })
  assert.equal(served.reply.state, 'cut')
})

test('a caller who left before the answer is 499, after the head the status that it saw', () => {
  const early = makeServed()
  assert.deepEqual(concludeExchange(early, { kind: 'abandoned' }), {
    status: 499,
    denial: { code: 'caller.gone' },
  })
  assert.equal(early.reply.headSent, false)
  const late = makeServed()
  late.reply.start(200, [])
  assert.equal(concludeExchange(late, { kind: 'abandoned' }).status, 200)
})

test('a stream that the gateway ended has that reason, whatever its target made of it', () => {
  const denial = { code: 'stream.expired' } as const
  for (const outcome of [{ kind: 'abandoned' }, { kind: 'replied', status: 101 }] as const) {
    const served = makeServed()
    served.reply.start(outcome.kind === 'replied' ? 101 : 200, [])
    const stream = toOpenStream(served, { closeOnExpiry: true, timeoutMs: 1 }, 0)
    served.stream = { ...stream, ended: denial }
    assert.deepEqual(concludeExchange(served, outcome), { status: served.reply.status, denial })
  }
})

test('a body that broke on its way is answered for while that is possible', () => {
  const fault = { code: 'request.body_too_large' } as const
  const early = makeServed()
  early.reply.bodyFault = fault
  assert.deepEqual(concludeExchange(early, { kind: 'abandoned' }), { status: 413, denial: fault })
  assert.equal(early.reply.status, 413)
  const late = makeServed()
  late.reply.bodyFault = fault
  late.reply.start(200, [])
  assert.deepEqual(concludeExchange(late, { kind: 'abandoned' }), { status: 200, denial: fault })
})

test("the exception format names the operation below the API's base path", () => {
  const settings = { faults: { format: 'exception' } } as const
  const served = makeServed({ snapshot: { settings }, exchange: { path: '/orders/v1/items' } })
  concludeExchange(served, { kind: 'denied', denial: { code: 'application.unidentified' } })
  assert.match(served.reply.text, /\/v1\/items/)
  assert.doesNotMatch(served.reply.text, /orders\/v1/)
})
