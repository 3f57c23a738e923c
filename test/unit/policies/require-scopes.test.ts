import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { makeJudge, makePolicies, presenting } from '../../support/policy-bench.ts'

const BENCH = {
  tokens: {
    both: makeVerifiedJwt({ scope: 'read write' }),
    split: makeVerifiedJwt({ scope: 'read', scp: ['write'] }),
    read: makeVerifiedJwt({ scope: 'read' }),
    nothing: makeVerifiedJwt({}),
  },
  applications: [{ id: 'a', apiKeys: ['key-a'] }],
}

function judgeWith(...requireScopes: { mode: 'any' | 'all'; scopes: string[] }[]) {
  const rest = { requireScopes: requireScopes.map(each => ({ ...each, pointer: '' })) }
  return makeJudge(makePolicies([{ kind: 'jwt', applications: 'none' }, { kind: 'api_key' }], {}, rest), BENCH)
}

test('any of the scopes, or all of them, in scope and scp together', async () => {
  const any = judgeWith({ mode: 'any', scopes: ['write', 'admin'] })
  const all = judgeWith({ mode: 'all', scopes: ['read', 'write'] })
  for (const token of ['both', 'split']) {
    assert.equal((await any(presenting({ token }))).word, '(none)')
    assert.equal((await all(presenting({ token }))).word, '(none)')
  }
  for (const token of ['read', 'nothing']) {
    assert.equal((await any(presenting({ token }))).word, 'scope.insufficient')
    assert.equal((await all(presenting({ token }))).word, 'scope.insufficient')
  }
})

test('the refusal names the scopes that would do, and no token is refused the same way', async () => {
  const judge = judgeWith({ mode: 'any', scopes: ['write', 'admin'] })
  assert.equal((await judge(presenting({ token: 'read' }))).denial?.scope, 'write admin')
  assert.equal((await judge(presenting({ apiKey: 'key-a' }))).word, 'scope.insufficient')
})

test('several requirements add up', async () => {
  const judge = judgeWith({ mode: 'any', scopes: ['read'] }, { mode: 'any', scopes: ['write'] })
  assert.equal((await judge(presenting({ token: 'both' }))).word, '(none)')
  assert.equal((await judge(presenting({ token: 'read' }))).denial?.scope, 'write')
})

test('an open route that requires a scope lets nobody through', async () => {
  const open = makeJudge(makePolicies([], {}, { requireScopes: [{ mode: 'any', scopes: ['x'], pointer: '' }] }), BENCH)
  assert.equal((await open(presenting({ token: 'both' }))).word, 'scope.insufficient')
})
