import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicies } from '../../../src/policies/compile-policies.ts'
import { STAGES } from '../../../src/policies/policy.ts'
import { makeParts, makePolicies } from '../../support/policy-bench.ts'

test('policies come in stage order, and only those that a route asks for', () => {
  const full = makePolicies(
    [{ kind: 'jwt' }],
    {},
    {
      protocols: ['https'],
      requireScopes: [{ mode: 'any', scopes: ['x'], pointer: '' }],
      require: [{ expression: 'true', pointer: '' }],
      outboundAuthentication: 'strip',
    },
  )
  const policies = compilePolicies(full, makeParts({}))
  assert.deepEqual(
    policies.map(policy => policy.name),
    ['protocols', 'identify_and_authorize', 'require_scopes', 'require', 'outbound_authentication'],
  )
  const stages = policies.map(policy => STAGES.indexOf(policy.stage))
  assert.deepEqual(stages, stages.toSorted())
  assert.deepEqual(compilePolicies(makePolicies([]), makeParts({})), [])
})
