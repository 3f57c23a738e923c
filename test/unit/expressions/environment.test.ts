import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createExpressionEnvironment, LIMITS } from '../../../src/expressions/environment.ts'
import { VARIABLES } from '../../../src/expressions/vocabulary.ts'

test('the environment knows the variables, hasScope() and the limits, and nothing undeclared', () => {
  const environment = createExpressionEnvironment()
  for (const name of VARIABLES.keys()) assert.equal(environment.hasVariable(name), true)
  assert.deepEqual(environment.opts.limits, LIMITS)
  assert.equal(environment.opts.unlistedVariablesAreDyn, false)
  assert.equal(environment.check("hasScope('x')").type, 'bool')
  assert.equal(environment.check('process').valid, false)
})

test('hasScope() asks the token, whatever it looks like', () => {
  const hasScope = createExpressionEnvironment().parse("hasScope('read')")
  assert.equal(hasScope({ token: { scopes: ['read'] } }), true)
  for (const token of [null, {}, { scopes: 'read' }, 'read', { scopes: [] }]) assert.equal(hasScope({ token }), false)
})
