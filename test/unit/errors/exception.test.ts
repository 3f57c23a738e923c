import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toException } from '../../../src/errors/exception.ts'

const CONTEXT = {
  service: 'orders',
  operation: '/items/7',
  nowMs: Date.UTC(2017, 7, 11, 21, 4, 5),
  clientAddress: '10.60.34.146',
  user: undefined,
  application: undefined,
}

test('a denial becomes the one sentence of the product', () => {
  assert.deepEqual(JSON.parse(toException({ code: 'credentials.missing' }, CONTEXT)), {
    Exception:
      'API Gateway encountered an error. Error Message: Unauthorized application request. ' +
      'Request Details: Service - orders, Operation - /items/7, Invocation Time:9:04:05 PM, Date:Aug 11, 2017, ' +
      'Client IP - 10.60.34.146, User - Default and Application:sys:defaultApplication',
  })
})

test('it names the user and the application where they are known, and what went wrong', () => {
  const context = { ...CONTEXT, user: 'alice', application: 'billing', nowMs: Date.UTC(2026, 0, 1) }
  const { Exception } = JSON.parse(toException({ code: 'upstream.unreachable' }, context))
  assert.match(Exception, /Error Message: The upstream service cannot be reached\. /)
  assert.match(Exception, /Time:12:00:00 AM, Date:Jan 1, 2026, .* User - alice and Application:billing$/)
})

test('refused credentials all read alike', () => {
  const codes = ['token.expired', 'token.key_unknown', 'application.unidentified', 'credentials.invalid'] as const
  assert.equal(new Set(codes.map(code => toException({ code, detail: 'kid 7' }, CONTEXT))).size, 1)
})

test("the caller's own text is cut and cannot break out", () => {
  const context = { ...CONTEXT, operation: `"}\n${'x'.repeat(9_000)}` }
  const text = toException({ code: 'route.not_found' }, context)
  assert.ok(text.length < 1_000)
  assert.deepEqual(Object.keys(JSON.parse(text)), ['Exception'])
})
