import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errors } from 'undici'
import { toFailureCode, toInterruption, toUpstreamDenial } from '../../../src/upstream/failure.ts'

function failure(code: string): Error {
  return Object.assign(new Error('secret detail'), { code })
}

describe('the failure of an upstream', () => {
  const before: readonly [string, string][] = [
    ['ECONNREFUSED', 'upstream.unreachable'],
    ['ENOTFOUND', 'upstream.unreachable'],
    ['EAI_AGAIN', 'upstream.unreachable'],
    ['EHOSTUNREACH', 'upstream.unreachable'],
    ['ECONNRESET', 'upstream.unreachable'],
    ['ETIMEDOUT', 'upstream.connect_timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'upstream.connect_timeout'],
    ['CERT_HAS_EXPIRED', 'upstream.tls_failed'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'upstream.tls_failed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'upstream.tls_failed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'upstream.tls_failed'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'upstream.tls_failed'],
    ['EMFILE', 'gateway.overloaded'],
    ['UND_ERR_DESTROYED', 'gateway.stopping'],
  ]
  for (const [code, expected] of before) {
    it(`${code} before the request is written is ${expected}`, () => {
      assert.equal(toFailureCode(failure(code), false), expected)
    })
  }

  const after: readonly [Error, string][] = [
    [failure('ECONNRESET'), 'upstream.reset'],
    [failure('EPIPE'), 'upstream.reset'],
    [failure('ETIMEDOUT'), 'upstream.reset'],
    [new errors.SocketError('other side closed'), 'upstream.reset'],
    [new errors.SocketError('bad response'), 'upstream.protocol'],
    [new errors.SocketError('bad upgrade'), 'upstream.protocol'],
    [new errors.HTTPParserError('Response does not match'), 'upstream.protocol'],
    [new errors.HeadersOverflowError(), 'upstream.protocol'],
    [new errors.HeadersTimeoutError(), 'upstream.response_timeout'],
    [new errors.BodyTimeoutError(), 'upstream.response_timeout'],
    [new TypeError('x is not a function'), 'internal.defect'],
  ]
  for (const [error, expected] of after) {
    it(`${error.message || error.name} after the request is written is ${expected}`, () => {
      assert.equal(toFailureCode(error, true), expected)
    })
  }

  it('tells the caller nothing and the log where and why', () => {
    const error = failure('ECONNREFUSED')
    assert.deepEqual(toUpstreamDenial(error, false, 'http://10.0.0.1'), {
      code: 'upstream.unreachable',
      facts: { upstream: 'http://10.0.0.1', reason: 'ECONNREFUSED' },
      cause: error,
    })
    assert.equal(toUpstreamDenial('thrown text', false, 'http://10.0.0.1').code, 'internal.defect')
  })

  it('is an interruption once the head is out', () => {
    const { code, facts } = toInterruption(failure('ECONNRESET'), 'http://10.0.0.1')
    assert.equal(code, 'upstream.interrupted')
    assert.deepEqual(facts, { upstream: 'http://10.0.0.1', reason: 'ECONNRESET', failure: 'upstream.reset' })
  })
})
