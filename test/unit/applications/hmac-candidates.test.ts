import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApplicationRegistry } from '../../../src/applications/registry.ts'
import { type ApplicationPlan, makeApplication, makeStrategy } from '../../support/make-application.ts'
import { makeUnverifiedJwt } from '../../support/make-jwt.ts'

const SECRET = Buffer.alloc(32, 1).toString('base64')
/** As long as the hash of HS512. */
const LONG_SECRET = Buffer.alloc(64, 1).toString('base64')
const HMAC = makeStrategy({ authServer: 'partner', secret: SECRET, audience: 'orders-hmac' })

/** Owners of the keys that a token with these claims may be tried with. */
function ownersFor(
  plans: readonly ApplicationPlan[],
  claims: Record<string, unknown>,
  authServer = 'partner',
): string[] {
  const registry = createApplicationRegistry(plans.map(makeApplication), {
    ownAuthServers: new Set(),
    hostNames: { namesAt: () => [], settled: async () => {}, close: async () => {} },
  })
  return registry.hmacCandidates(makeUnverifiedJwt(claims), authServer, 'HS256').map(candidate => candidate.owner)
}

test('claims choose the keys of the applications whose claim set they match, most claims first', () => {
  const plans = [
    { id: 'one', claimSets: [{ tenant: 'acme' }], strategies: [HMAC] },
    { id: 'two', claimSets: [{ tenant: 'acme', env: 'prod' }], strategies: [HMAC] },
    { id: 'three', claimSets: [{ tenant: 'other' }], strategies: [HMAC] },
  ]
  assert.deepEqual(ownersFor(plans, { tenant: 'acme', env: 'prod' }), ['two', 'one'])
  assert.deepEqual(ownersFor(plans, { tenant: 'nobody' }), [])
})

test('keys of another auth server or algorithm are never candidates', () => {
  const plans = [
    { id: 'one', claimSets: [{ sub: 'x' }], strategies: [HMAC] },
    {
      id: 'two',
      claimSets: [{ sub: 'x' }],
      strategies: [makeStrategy({ authServer: 'partner', secret: LONG_SECRET, algorithm: 'HS512' })],
    },
    { id: 'three', claimSets: [{ sub: 'x' }], strategies: [makeStrategy({ authServer: 'idp', secret: SECRET })] },
  ]
  assert.deepEqual(ownersFor(plans, { sub: 'x' }), ['one'])
  assert.deepEqual(ownersFor(plans, { sub: 'x' }, 'idp'), ['three'])
  assert.deepEqual(ownersFor(plans, { sub: 'x' }, 'unknown'), [])
})

test('an application without claim sets is named by its id, or tried last', () => {
  const plans = [
    { id: 'a', strategies: [HMAC] },
    { id: 'b', strategies: [HMAC] },
    { id: 'c', claimSets: [{ sub: 'b' }], strategies: [HMAC] },
    { id: 'd', claimSets: [{ sub: 'else' }], strategies: [HMAC] },
  ]
  assert.deepEqual(ownersFor(plans, { sub: 'b' }), ['c', 'b', 'a'])
  assert.deepEqual(ownersFor(plans, { azp: 'b' }), ['b', 'a'])
  assert.deepEqual(ownersFor(plans, { sub: 'd' }), ['a', 'b'])
})

test('at most eight keys are tried, however many claims match', () => {
  const plans = Array.from({ length: 500 }, (_, i) => ({
    id: `app-${i}`,
    claimSets: [{ sub: `s${i}` }],
    strategies: [HMAC],
  }))
  assert.equal(ownersFor(plans, { sub: Array.from({ length: 500 }, (_, i) => `s${i}`) }).length, 8)
  const plain = Array.from({ length: 500 }, (_, i) => ({ id: `app-${i}`, strategies: [HMAC] }))
  const found = ownersFor(plain, { sub: 'app-499' })
  assert.equal(found.length, 8)
  assert.equal(found[0], 'app-499')
})

test('a candidate carries the key, its owner and its audience, and shows nothing of the secret', () => {
  const registry = createApplicationRegistry([makeApplication({ id: 'a', strategies: [HMAC] })], {
    ownAuthServers: new Set(),
    hostNames: { namesAt: () => [], settled: async () => {}, close: async () => {} },
  })
  const [candidate] = registry.hmacCandidates(makeUnverifiedJwt({}), 'partner', 'HS256')
  assert.equal(candidate?.audience, 'orders-hmac')
  assert.deepEqual([...(candidate?.key.algorithms ?? [])], ['HS256'])
  assert.equal(candidate?.key.key.symmetricKeySize, 32)
  assert.ok(!JSON.stringify(candidate).includes(SECRET))
})

test('an application that changes its secret has both keys tried', () => {
  const next = makeStrategy({ authServer: 'partner', secret: Buffer.alloc(32, 2).toString('base64') })
  assert.deepEqual(ownersFor([{ id: 'a', claimSets: [{ sub: 'x' }], strategies: [HMAC, next] }], { sub: 'x' }), [
    'a',
    'a',
  ])
})
