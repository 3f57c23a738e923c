import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Denial } from '../../../src/errors/denial.ts'
import { toRawAnswer } from '../../../src/server/raw-answer.ts'
import { renderDenial } from '../../../src/server/write-denial.ts'
import { denialContext } from '../../support/front-door.ts'
import { parseAnswers } from '../../support/raw-socket.ts'

function fieldsOf(denial: Denial, context = denialContext()): Record<string, string> {
  const { fields } = renderDenial(denial, context)
  const map: Record<string, string> = {}
  for (let i = 0; i < fields.length; i += 2) map[fields[i] ?? ''] = fields[i + 1] ?? ''
  return map
}

test('every refusal has a media type and the request id, and is not to be stored', () => {
  const context = denialContext()
  assert.deepEqual(fieldsOf({ code: 'route.not_found' }, context), {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': context.requestId,
  })
  assert.equal(
    fieldsOf({ code: 'route.not_found' }, denialContext({ format: 'exception' }))['content-type'],
    'application/json',
  )
})

test('PX-23 405 says what is allowed, 503 when to come back', () => {
  assert.equal(fieldsOf({ code: 'route.method_not_allowed', allow: ['GET', 'HEAD'] })['allow'], 'GET, HEAD')
  assert.equal(fieldsOf({ code: 'route.method_not_allowed' })['allow'], '')
  assert.equal(fieldsOf({ code: 'keys.unavailable' })['retry-after'], '5')
  assert.equal(fieldsOf({ code: 'keys.unavailable', retryAfterSeconds: 0.2 })['retry-after'], '1')
  assert.equal(fieldsOf({ code: 'upstream.reset' })['retry-after'], undefined)
})

test('DP-09 a nonce for the next proof comes in one field', () => {
  assert.equal(fieldsOf({ code: 'dpop.nonce_needed', dpopNonce: 'abc' })['dpop-nonce'], 'abc')
  assert.equal(fieldsOf({ code: 'dpop.invalid' })['dpop-nonce'], undefined)
})

test('each challenge is a line of its own', () => {
  const { fields } = renderDenial({ code: 'credentials.missing' }, denialContext({ schemes: ['Bearer', 'ApiKey'] }))
  assert.equal(fields.filter(name => name === 'www-authenticate').length, 2)
})

test('a raw answer is a whole answer, in bytes', () => {
  const denial: Denial = { code: 'request.malformed', detail: 'caf\u00e9 \u20ac' }
  const answer = renderDenial(denial, denialContext())
  const text = toRawAnswer(answer, 0)
  const [parsed] = parseAnswers(text)
  assert.equal(parsed?.status, 400)
  assert.deepEqual(parsed?.fields.get('date'), ['Thu, 01 Jan 1970 00:00:00 GMT'])
  assert.deepEqual(parsed?.fields.get('connection'), ['close'])
  assert.equal(JSON.parse(Buffer.from(parsed?.body ?? '', 'latin1').toString()).detail, 'caf\u00e9 \u20ac')
})
