import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { makeJudge, makePolicies, presenting } from '../../support/policy-bench.ts'

const BENCH = {
  tokens: {
    admin: makeVerifiedJwt({ sub: 'a', roles: ['admin'], tenant: 'acme', scp: ['write'] }),
    ops: makeVerifiedJwt({ sub: 'a', roles: ['ops'], tenant: 'acme' }),
    bare: makeVerifiedJwt({ sub: 'a' }),
  },
  applications: [{ id: 'a', claimSets: [{ sub: 'a' }], apiKeys: ['key-a'] }],
}

function judgeWith(...expressions: string[]) {
  const rest = { require: expressions.map(expression => ({ expression, pointer: '/apis/0' })) }
  return makeJudge(makePolicies([{ kind: 'jwt' }, { kind: 'api_key' }], {}, rest), BENCH)
}

test('an expression that comes out true lets the caller through, false does not', async () => {
  const judge = judgeWith("'admin' in claims.roles && claims.tenant == 'acme'")
  assert.equal((await judge(presenting({ token: 'admin' }))).word, 'a')
  const { denial } = await judge(presenting({ token: 'ops' }))
  assert.equal(denial?.code, 'requirement.not_met')
  assert.equal(denial?.facts?.['reason'], 'false')
})

test('a missing claim is a refusal with its reason, and so is no token at all', async () => {
  const judge = judgeWith("'admin' in claims.roles")
  assert.equal((await judge(presenting({ token: 'bare' }))).denial?.facts?.['reason'], 'no_such_key: roles')
  assert.equal((await judge(presenting({ apiKey: 'key-a' }))).word, 'requirement.not_met')
})

test('request, application, token and scopes can be named', async () => {
  const judge = judgeWith(
    "request.method == 'GET' && request.path.startsWith('/orders') && request.api == 'orders'",
    "application.id == 'a' && 'orders' in application.apis",
    "token.auth_server == 'idp' && token.key_id == 'test' && hasScope('write')",
  )
  assert.equal((await judge(presenting({ token: 'admin' }))).word, 'a')
  assert.equal((await judge(presenting({ token: 'ops' }))).word, 'requirement.not_met')
})

test('an expression that does not compile is a defect of the settings check, and nothing is served with it', () => {
  assert.throws(() => judgeWith('claims.'), /\/apis\/0/)
})
