import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../../src/errors/catalogue.ts'
import {
  type FailedAttempt,
  isFailureStatus,
  isOfTheTarget,
  mayRepeat,
  needsAnotherPlace,
} from '../../../src/upstream/retry-rule.ts'

const SENT: FailedAttempt = { method: 'GET', hasBody: false, isUpgrade: false, connected: true, answering: false }

test('what was never sent may be sent again, whatever it is', () => {
  const codes: ErrorCode[] = ['upstream.unreachable', 'upstream.tls_failed', 'upstream.connect_timeout']
  for (const code of [...codes, 'upstream.overloaded'] as const) {
    for (const method of ['GET', 'POST', 'PATCH']) {
      assert.ok(mayRepeat({ method, hasBody: true, isUpgrade: true, connected: false, answering: false }, code), code)
    }
  }
  for (const code of ['gateway.overloaded', 'internal.defect', 'request.malformed'] as const)
    assert.equal(mayRepeat({ ...SENT, connected: false }, code), false)
})

test('PX-19 what was sent may be sent again only if that does no harm and nothing was answered', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
    assert.ok(mayRepeat({ ...SENT, method }, 'upstream.reset'), method)
  for (const method of ['POST', 'PATCH', 'get', 'PURGE', 'LOCK'])
    assert.equal(mayRepeat({ ...SENT, method }, 'upstream.reset'), false, method)
  for (const change of [{ hasBody: true }, { isUpgrade: true }, { answering: true }])
    assert.equal(mayRepeat({ ...SENT, ...change }, 'upstream.reset'), false, JSON.stringify(change))
  assert.equal(mayRepeat(SENT, 'upstream.protocol'), false, 'bytes were answered')
})

test('what took its whole time, or was too much, is not tried at the same target', () => {
  for (const code of ['upstream.connect_timeout', 'upstream.response_timeout', 'upstream.overloaded'] as const)
    assert.ok(needsAnotherPlace(code))
  for (const code of ['upstream.reset', 'upstream.unreachable'] as const) assert.equal(needsAnotherPlace(code), false)
})

test('what the caller or the gateway did does not count against a target', () => {
  for (const code of ['caller.gone', 'gateway.overloaded', 'gateway.stopping', 'internal.defect'] as const)
    assert.equal(isOfTheTarget(code), false)
  assert.deepEqual([500, 501, 502, 503, 504, 505].filter(isFailureStatus), [502, 503, 504])
})
