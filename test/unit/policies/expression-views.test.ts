import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VARIABLES } from '../../../src/expressions/vocabulary.ts'
import { createExpressionViews } from '../../../src/policies/expression-views.ts'
import { makeExchange } from '../../support/exchange.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'

const APPLICATION = { id: 'a', name: 'one', owner: 'team', tier: 'Gold', suspended: false, apis: new Set(['orders']) }
const JWT = makeVerifiedJwt(
  { sub: 'a', scope: 'read', scp: ['write'] },
  { header: { alg: 'RS256', kid: 'k', typ: 'JWT' } },
)

test('the views have the members that the check of expressions knows, and no others', () => {
  const exchange = { ...makeExchange(), facts: { jwt: JWT, application: APPLICATION } }
  exchange.route = { ...exchange.route, version: '1.4' }
  const variables: Record<string, unknown> = { ...createExpressionViews().of(exchange) }
  for (const [name, members] of VARIABLES) {
    if (members !== undefined) assert.deepEqual(new Set(Object.keys(variables[name] ?? {})), members, name)
  }
  assert.deepEqual(Object.keys(variables).sort(), [...VARIABLES.keys()].sort())
})

test('without a token there are no claims, and what is not known is missing rather than empty', () => {
  const variables = createExpressionViews().of(makeExchange())
  assert.deepEqual([variables.token, variables.application, Object.keys(variables.claims)], [null, null, []])
  assert.ok(!('version' in variables.request))
})

test('the views of a token and of an application are made once', () => {
  const views = createExpressionViews()
  const exchange = { ...makeExchange(), facts: { jwt: JWT, application: APPLICATION } }
  assert.equal(views.of(exchange).token, views.of(exchange).token)
  assert.equal(views.of(exchange).application, views.of(exchange).application)
  assert.deepEqual(views.of(exchange).token?.scopes, ['read', 'write'])
})
