import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { type Bench, makeJudge, makePolicies, presenting, type RulePlan } from '../../support/policy-bench.ts'

const BENCH: Bench = {
  tokens: { good: makeVerifiedJwt({ sub: 'a' }) },
  applications: [{ id: 'a', claimSets: [{ sub: 'a' }], apiKeys: ['key-a'], users: ['alice'] }],
  users: { alice: 'wonder' },
}
const RULES: RulePlan[] = [{ kind: 'jwt' }, { kind: 'api_key', header: 'X-Key' }, { kind: 'http_basic' }]

async function removedBy(
  mode: 'incoming' | 'strip',
  rules: readonly RulePlan[],
  lines: readonly string[],
  allowAnonymous = false,
) {
  const judge = makeJudge(makePolicies(rules, { allowAnonymous }, { outboundAuthentication: mode }), BENCH)
  const { exchange, denial } = await judge({ lines })
  assert.equal(denial, undefined)
  return exchange.edits.map(edit => ('remove' in edit ? edit.remove : assert.fail('only removals')))
}

const basicLine = presenting({ basic: 'alice:wonder' }).lines ?? []

test('the bearer token is passed on, or stripped', async () => {
  assert.deepEqual(await removedBy('incoming', [{ kind: 'jwt' }], ['authorization', 'Bearer good']), [])
  assert.deepEqual(await removedBy('strip', [{ kind: 'jwt' }], ['authorization', 'Bearer good']), ['authorization'])
})

test('the API key’s field and Basic credentials are always removed', async () => {
  assert.deepEqual(await removedBy('incoming', RULES, ['authorization', 'Bearer good']), ['x-key'])
  assert.deepEqual(await removedBy('incoming', RULES, basicLine), ['x-key', 'authorization'])
  assert.deepEqual(await removedBy('incoming', [{ kind: 'jwt' }], basicLine, true), ['authorization'])
  assert.deepEqual(await removedBy('strip', RULES, ['authorization', 'Bearer good']), ['x-key', 'authorization'])
})

test('an open route passes on what it does not judge, unless it strips', async () => {
  assert.deepEqual(await removedBy('incoming', [], basicLine), [])
  assert.deepEqual(await removedBy('strip', [], basicLine), ['authorization'])
})
