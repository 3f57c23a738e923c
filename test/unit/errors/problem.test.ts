import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CATALOGUE, type ErrorCode, entryOf, publicCodeOf } from '../../../src/errors/catalogue.ts'
import { toProblem } from '../../../src/errors/problem.ts'

const ID = '6f1c1e2a-0000-4000-8000-000000000001'

test('PD-02 a denial becomes a problem document', () => {
  assert.deepEqual(JSON.parse(toProblem({ code: 'route.not_found' }, { requestId: ID })), {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'No API is published at this path.',
    instance: `urn:uuid:${ID}`,
    code: 'route.not_found',
  })
})

test('with a base URI the type names the code and the title is its own', () => {
  const context = { requestId: ID, typeBase: 'https://docs.test/errors/' }
  const problem = JSON.parse(toProblem({ code: 'token.key_unknown', detail: 'Ask for a new token.' }, context))
  assert.equal(problem.type, 'https://docs.test/errors/token.invalid')
  assert.equal(problem.title, 'The token is not valid')
  assert.equal(problem.detail, 'Ask for a new token.')
})

test('PD-04 facts, causes and fine codes stay inside', () => {
  for (const code of Object.keys(CATALOGUE) as ErrorCode[]) {
    const denial = { code, facts: { upstream: 'http://10.0.0.1' }, cause: new Error('secret'), scope: 's' }
    const text = toProblem(denial, { requestId: ID })
    assert.ok(!/10\.0\.0\.1|secret/.test(text))
    const problem = JSON.parse(text)
    assert.equal(problem.code, publicCodeOf(code))
    assert.equal(problem.status, entryOf(code).status)
    if (entryOf(code).status > 0) assert.notEqual(problem.title, 'Error', code)
  }
})
