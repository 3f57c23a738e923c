import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Fields } from '../../../src/message/fields.ts'
import { createFieldRules } from '../../../src/upstream/field-names.ts'
import { acceptsTrailers, cleanTrailers, MAX_TRAILER_BYTES, MAX_TRAILERS } from '../../../src/upstream/trailers.ts'

const rules = createFieldRules()

describe('trailers', () => {
  it('pass in their order, several lines of one name as several lines', () => {
    assert.deepEqual(cleanTrailers({ 'Grpc-Status': '0', 'grpc-message': '', 'x-sum': ['a', 'b'] }, rules), [
      'grpc-status',
      '0',
      'grpc-message',
      '',
      'x-sum',
      'a',
      'x-sum',
      'b',
    ])
    assert.deepEqual(cleanTrailers({}, rules), [])
  })

  for (const name of [
    ':status',
    'connection',
    'content-length',
    'content-type',
    'keep-alive',
    'location',
    'proxy-authenticate',
    'set-cookie',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'www-authenticate',
    'x-jwt-assertion',
    'X_Jwt_Assertion',
    'x-request-id',
  ]) {
    it(`lose ${name}`, () => {
      assert.deepEqual(cleanTrailers({ [name]: 'a', 'x-kept': 'b' }, rules), ['x-kept', 'b'])
    })
  }

  it('are none at all where one of them must not be sent, and where they are too many or too large', () => {
    assert.equal(cleanTrailers({ 'x-a': 'one\r\ntwo' }, rules), undefined)
    assert.equal(cleanTrailers({ 'x-a': Array.from({ length: MAX_TRAILERS + 1 }, () => '') }, rules), undefined)
    assert.equal(
      cleanTrailers({ 'x-a': Array.from({ length: MAX_TRAILERS }, () => '') }, rules)?.length,
      2 * MAX_TRAILERS,
    )
    assert.equal(cleanTrailers({ 'x-a': 'v'.repeat(MAX_TRAILER_BYTES) }, rules), undefined)
    assert.notEqual(cleanTrailers({ 'x-a': 'v'.repeat(MAX_TRAILER_BYTES - 3) }, rules), undefined)
  })

  it('are wanted by who says te: trailers', () => {
    for (const value of ['trailers', 'Trailers', 'deflate;q=0.5, trailers']) {
      assert.equal(acceptsTrailers(new Fields(['TE', value])), true, value)
    }
    for (const lines of [[], ['te', 'gzip'], ['te', 'trailersX'], ['trailer', 'trailers']]) {
      assert.equal(acceptsTrailers(new Fields(lines)), false, lines.join())
    }
  })
})
