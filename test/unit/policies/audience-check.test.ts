import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createAudienceCheck } from '../../../src/policies/audience-check.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { makeJudge, makePolicies, presenting } from '../../support/policy-bench.ts'

const APPLICATION = {
  id: 'app-1',
  name: 'one',
  owner: undefined,
  tier: undefined,
  suspended: false,
  apis: new Set<string>(),
}
const PARTS = {
  api: { name: 'orders', basePath: '/orders', hosts: ['orders.example.com', '*.example.org'] },
  accessUrl: 'https://gateway.example.com',
  audiences: new Map([['idp', ['orders-aud']]]),
}

describe('the audience check', () => {
  const check = createAudienceCheck('if_present', PARTS)
  const verdictOn = (aud: unknown, plan = {}) =>
    check.judge(makeVerifiedJwt(aud === undefined ? {} : { aud }, plan), APPLICATION)

  test('accepts the auth server’s, the strategy’s and the application’s audience, any of several', () => {
    assert.equal(verdictOn('orders-aud'), 'accepted')
    assert.equal(verdictOn(['other', 'orders-aud']), 'accepted')
    assert.equal(verdictOn('app-1'), 'accepted')
    assert.equal(verdictOn('hmac-aud', { strategyAudience: 'hmac-aud' }), 'accepted')
    assert.equal(verdictOn('orders-aud', { authServer: 'another' }), 'rejected')
    assert.equal(check.judge(makeVerifiedJwt({ aud: 'app-1' }), undefined), 'rejected')
  })

  test('rejects what names nobody, also an empty list', () => {
    for (const aud of ['other', 'ORDERS-AUD', 'orders-aud ', '', []]) assert.equal(verdictOn(aud), 'rejected')
  })

  test('leaves what may name the path to the request', () => {
    const namesPath = (aud: unknown, path: string): boolean => {
      const jwt = makeVerifiedJwt({ aud })
      assert.equal(check.judge(jwt, APPLICATION), 'by path')
      return check.namesPath(jwt, path)
    }
    assert.equal(namesPath('/orders', '/orders/v1'), true)
    assert.equal(namesPath('/orders/v1', '/orders/v1/items'), true)
    assert.equal(namesPath('/orders/v1', '/orders/v10'), false)
    assert.equal(namesPath('/', '/orders'), false)
    assert.equal(namesPath('/billing', '/orders'), false)
    assert.equal(namesPath('https://gateway.example.com/orders', '/orders/v1'), true)
    assert.equal(namesPath('https://orders.example.com/orders', '/orders/v1'), true)
    assert.equal(namesPath('https://orders.example.com.evil.test/orders', '/orders/v1'), false)
    assert.equal(namesPath('https://a.example.org/orders', '/orders/v1'), false)
    assert.equal(namesPath('https://gateway.example.com/', '/orders'), false)
  })

  test('minds the mode', () => {
    assert.equal(verdictOn(undefined), 'accepted')
    const required = createAudienceCheck('required', PARTS)
    assert.equal(required.judge(makeVerifiedJwt(), APPLICATION), 'missing')
    assert.equal(required.judge(makeVerifiedJwt({ aud: 'other' }), APPLICATION), 'rejected')
    const off = createAudienceCheck('off', PARTS)
    assert.equal(off.judge(makeVerifiedJwt({ aud: 'other' }), APPLICATION), 'accepted')
  })
})

describe('a rule with audiences', () => {
  const bench = {
    tokens: {
      path: makeVerifiedJwt({ sub: 'a', aud: '/orders/v1' }),
      id: makeVerifiedJwt({ sub: 'a', aud: 'a' }),
      wrong: makeVerifiedJwt({ sub: 'a', aud: 'wrong' }),
      'wrong-nobody': makeVerifiedJwt({ sub: 'nobody', aud: 'wrong' }),
      none: makeVerifiedJwt({ sub: 'a' }),
    },
    applications: [
      { id: 'a', claimSets: [{ sub: 'a' }] },
      { id: 'k', apiKeys: ['key-k'] },
    ],
  }
  const judgeWith = (audience: 'if_present' | 'required' | 'off') => {
    const judge = makeJudge(makePolicies([{ kind: 'jwt', audience }, { kind: 'api_key' }]), bench)
    return async (token: string, path = '/orders/v1', apiKey?: string) =>
      (await judge({ ...presenting({ token, ...(apiKey === undefined ? {} : { apiKey }) }), path })).word
  }

  test('judges the path of each request anew', async () => {
    const judge = judgeWith('if_present')
    assert.equal(await judge('path', '/orders/v1/items'), 'a')
    assert.equal(await judge('path', '/orders/v2'), 'token.audience_rejected')
    assert.equal(await judge('path', '/orders/v1'), 'a')
    assert.equal(await judge('id', '/orders/v2'), 'a')
  })

  test('refuses a wrong audience before it says anything about applications, whatever other rules say', async () => {
    const judge = judgeWith('if_present')
    assert.equal(await judge('wrong'), 'token.audience_rejected')
    assert.equal(await judge('wrong-nobody'), 'token.audience_rejected')
    assert.equal(await judge('wrong', '/orders/v1', 'key-k'), 'token.audience_rejected')
    assert.equal(await judge('none'), 'a')
  })

  test('can require an audience, or ignore it', async () => {
    assert.equal(await judgeWith('required')('none'), 'token.claim_missing')
    assert.equal(await judgeWith('required')('id'), 'a')
    assert.equal(await judgeWith('off')('wrong'), 'a')
  })
})
