import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { RequestBodyError } from '../../../src/exchange/request-body-error.ts'
import { createEchoTarget } from '../../../src/upstream/echo.ts'
import { createFieldRules } from '../../../src/upstream/field-names.ts'
import { createForwarding } from '../../../src/upstream/forwarded.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'

const echo = createEchoTarget({ fieldRules: createFieldRules(), forwarding: createForwarding({ has: () => false }) })

describe('the echo service', () => {
  it('answers with method, path, query and the fields an upstream would get, credentials masked', async () => {
    const reply = new FakeReply()
    const lines = [
      'Accept',
      'a',
      'accept',
      'b',
      'Authorization',
      'Bearer abc.def',
      'Cookie',
      'session=1',
      '__proto__',
      'x',
    ]
    const outcome = await echo.handle(
      makeExchange({ method: 'DELETE', path: '/orders/7', query: '?a=1&access_token=secret', lines }),
      reply,
    )
    assert.deepEqual(outcome, { kind: 'replied', status: 200 })
    assert.deepEqual(reply.values('content-type'), ['application/json'])
    const answer = JSON.parse(reply.text)
    assert.deepEqual([answer.method, answer.path, answer.bodyBytes], ['DELETE', '/orders/7', 0])
    assert.equal(answer.query, '?a=1&access_token=***')
    assert.deepEqual(answer.fields.accept, ['a', 'b'])
    assert.equal(answer.fields.authorization, 'Bearer ***')
    assert.equal(answer.fields.cookie, '***')
    assert.equal(answer.fields['x-forwarded-for'], '127.0.0.1')
    assert.equal(answer.fields['x-request-id'], 'request-1')
    assert.ok(Object.hasOwn(answer.fields, '__proto__'))
    assert.doesNotMatch(reply.text, /abc\.def|session=1|secret/)
  })

  it('answers without waiting where there is no body', () => {
    assert.equal(echo.handle(makeExchange(), new FakeReply()) instanceof Promise, false)
  })

  it('reads a body and tells its length only', async () => {
    const reply = new FakeReply()
    const body = { stream: Readable.from([Buffer.from('top'), Buffer.from('secret')]) }
    await echo.handle(makeExchange({ method: 'POST', body }), reply)
    assert.equal(JSON.parse(reply.text).bodyBytes, 9)
  })

  it('is 413 for a body that outgrows its limit, and over when its caller leaves', async () => {
    const stream = new Readable({ read() {} })
    const outcome = echo.handle(makeExchange({ body: { stream } }), new FakeReply())
    stream.destroy(new RequestBodyError('BODY_TOO_LARGE', { code: 'request.body_too_large' }))
    assert.deepEqual(await outcome, { kind: 'denied', denial: { code: 'request.body_too_large' } })

    const reply = new FakeReply()
    const other = echo.handle(makeExchange({ body: { stream: new Readable({ read() {} }) } }), reply)
    reply.leave()
    assert.deepEqual(await other, { kind: 'abandoned' })
  })
})
