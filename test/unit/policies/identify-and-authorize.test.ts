import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { challengeSchemes } from '../../../src/policies/compile-policies.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { type Bench, makeJudge, makePolicies, presenting, type RulePlan } from '../../support/policy-bench.ts'

const BENCH: Bench = {
  tokens: {
    good: makeVerifiedJwt({ sub: 'a' }),
    nobody: makeVerifiedJwt({ sub: 'nobody' }),
    elsewhere: makeVerifiedJwt({ sub: 'elsewhere' }),
    tie: makeVerifiedJwt({ sub: 'tie' }),
    suspended: makeVerifiedJwt({ sub: 'suspended' }),
    expired: { code: 'token.expired' },
    fetched: Promise.resolve(makeVerifiedJwt({ sub: 'a' })),
    'key-down': { code: 'keys.unavailable' },
  },
  applications: [
    { id: 'a', claimSets: [{ sub: 'a' }, { sub: 'tie' }], apiKeys: ['key-a'], users: ['alice'] },
    {
      id: 'b',
      claimSets: [{ sub: 'tie' }],
      apiKeys: ['key-b'],
      ipRanges: [{ kind: 'block', address: '10.0.0.0', prefix: 8 }],
    },
    { id: 'elsewhere', apis: ['billing'], claimSets: [{ sub: 'elsewhere' }], apiKeys: ['key-elsewhere'] },
    { id: 's', suspended: true, claimSets: [{ sub: 'suspended' }], apiKeys: ['key-s'], hostNames: ['s.example.com'] },
    { id: 's-elsewhere', suspended: true, apis: [], apiKeys: ['key-s-elsewhere'] },
  ],
  users: { alice: 'wonder', bob: 'builder', slow: 'down' },
  hostNames: { '192.0.2.7': ['s.example.com'] },
}

function judgeWith(rules: readonly RulePlan[], identify: { condition?: 'or' | 'and'; allowAnonymous?: boolean } = {}) {
  const judge = makeJudge(makePolicies(rules, identify), BENCH)
  return async (credentials: Parameters<typeof presenting>[0] = {}) => (await judge(presenting(credentials))).word
}

describe('one rule', () => {
  test('lets the right caller through and refuses everybody else with the code that fits', async () => {
    const judge = judgeWith([{ kind: 'jwt' }])
    assert.equal(await judge({ token: 'good' }), 'a')
    assert.equal(await judge({ token: 'fetched' }), 'a')
    assert.equal(await judge(), 'credentials.missing')
    assert.equal(await judge({ token: 'expired' }), 'token.expired')
    assert.equal(await judge({ token: 'key-down' }), 'keys.unavailable')
    assert.equal(await judge({ token: 'garbage' }), 'token.malformed')
    assert.equal(await judge({ token: 'nobody' }), 'application.unidentified')
    assert.equal(await judge({ token: 'elsewhere' }), 'application.not_registered')
    assert.equal(await judge({ token: 'tie' }), 'application.ambiguous')
    assert.equal(await judge({ token: 'suspended' }), 'application.suspended')
    assert.equal(await judge({ basic: 'alice:wonder' }), 'credentials.missing')
    assert.equal(await judge({ apiKey: 'key-a' }), 'credentials.missing')
    assert.equal(await judge({ token: 'a b' }), 'credentials.multiple')
    assert.equal(await judge({ token: '' }), 'credentials.malformed')
    assert.equal(await judge({ token: 'good', basic: 'alice:wonder' }), 'credentials.multiple')
  })

  test('answers at once where nothing is waited for, and returns one decision for one token', async () => {
    const judge = makeJudge(makePolicies([{ kind: 'jwt' }]), BENCH)
    const first = await judge(presenting({ token: 'good' }))
    const second = await judge(presenting({ token: 'good' }))
    assert.equal(first.atOnce, true)
    assert.equal(first.exchange.facts, second.exchange.facts)
    assert.ok(Object.isFrozen(first.exchange.facts))
    assert.equal((await judge(presenting({ token: 'fetched' }))).atOnce, false)
    assert.deepEqual(first.exchange.facts.identifiedBy, ['jwt'])
  })

  test('that goes by address has no challenge to offer: nobody identified is 403, not 401', async () => {
    const judge = judgeWith([{ kind: 'ip_range' }])
    assert.equal(await judge({ from: '10.1.2.3' }), 'b')
    assert.equal(await judge({ from: '11.1.2.3' }), 'application.unidentified')
  })
})

describe('lookups', () => {
  const words = async (applications: 'registered' | 'global' | 'global_or_default' | 'none') => {
    const judge = judgeWith([{ kind: 'jwt', applications }])
    return [
      await judge({ token: 'good' }),
      await judge({ token: 'elsewhere' }),
      await judge({ token: 'nobody' }),
      await judge({ token: 'suspended' }),
    ]
  }

  test('registered counts the applications of this API', async () => {
    assert.deepEqual(await words('registered'), [
      'a',
      'application.not_registered',
      'application.unidentified',
      'application.suspended',
    ])
  })
  test('global counts any', async () => {
    assert.deepEqual(await words('global'), ['a', 'elsewhere', 'application.unidentified', 'application.suspended'])
  })
  test('global_or_default lets a valid credential without an application through as the default', async () => {
    assert.deepEqual(await words('global_or_default'), [
      'a',
      'elsewhere',
      'sys:defaultApplication',
      'application.suspended',
    ])
  })
  test('none authenticates only', async () => {
    assert.deepEqual(await words('none'), ['(none)', '(none)', '(none)', '(none)'])
  })
})

describe('rules joined by or', () => {
  const judge = judgeWith([{ kind: 'jwt' }, { kind: 'api_key' }, { kind: 'http_basic' }, { kind: 'ip_range' }])

  test('pass by the first that fits, in file order', async () => {
    assert.equal(await judge({ token: 'good' }), 'a')
    assert.equal(await judge({ apiKey: 'key-b' }), 'b')
    assert.equal(await judge({ basic: 'alice:wonder' }), 'a')
    assert.equal(await judge({ from: '10.0.0.1' }), 'b')
    assert.equal(await judge({ token: 'good', apiKey: 'key-b', from: '10.0.0.1' }), 'a')
    assert.equal(await judge({ token: 'nobody', apiKey: 'key-b' }), 'b')
    assert.equal(await judge({ token: 'fetched', apiKey: 'key-b' }), 'a')
  })

  test('are refused by any credential that is invalid, whatever the others say', async () => {
    assert.equal(await judge({ token: 'expired', apiKey: 'key-b' }), 'token.expired')
    assert.equal(await judge({ token: 'good', apiKey: 'wrong' }), 'credentials.invalid')
    assert.equal(await judge({ token: 'fetched', apiKey: 'wrong' }), 'credentials.invalid')
    assert.equal(await judge({ apiKey: 'key-b', basic: 'alice:wrong' }), 'credentials.invalid')
    assert.equal(await judge({ apiKey: 'wrong', from: '10.0.0.1' }), 'credentials.invalid')
    assert.equal(await judge({ basic: 'crowd:x', apiKey: 'key-b' }), 'gateway.overloaded')
    assert.equal(await judge({ token: 'good', apiKey: 'key-s' }), 'application.suspended')
    assert.equal(await judge({ token: 'good', apiKey: 'key-s-elsewhere' }), 'application.suspended')
    assert.equal(await judge({ token: 'tie', apiKey: 'key-b' }), 'application.ambiguous')
  })

  test('say 401 when nothing is presented, and 403 when nobody eligible is named', async () => {
    assert.equal(await judge(), 'credentials.missing')
    assert.equal(await judge({ token: 'nobody' }), 'application.unidentified')
    assert.equal(await judge({ apiKey: 'key-elsewhere' }), 'application.not_registered')
    assert.equal(await judge({ basic: 'bob:builder' }), 'application.unidentified')
    assert.equal(await judge({ basic: 'slow:down' }), 'application.unidentified')
  })

  test('a tie of a later rule does not matter once an earlier one has passed', async () => {
    const keyFirst = judgeWith([{ kind: 'api_key' }, { kind: 'jwt' }])
    assert.equal(await keyFirst({ apiKey: 'key-b', token: 'tie' }), 'b')
    assert.equal(await keyFirst({ apiKey: 'key-b', token: 'suspended' }), 'application.suspended')
  })

  test('a verified token is known beside an API key of the same application, but not of another', async () => {
    const full = makeJudge(makePolicies([{ kind: 'api_key' }, { kind: 'jwt' }]), BENCH)
    const same = await full(presenting({ apiKey: 'key-a', token: 'good' }))
    assert.equal(same.exchange.facts.jwt?.claims['sub'], 'a')
    const other = await full(presenting({ apiKey: 'key-b', token: 'good' }))
    assert.deepEqual([other.word, other.exchange.facts.jwt], ['b', undefined])
  })

  test('tokens of another rule’s issuer are absent for a rule that does not trust it', async () => {
    const bench: Bench = {
      ...BENCH,
      tokens: {
        'from-b': makeVerifiedJwt({ sub: 'a' }, { authServer: 'b' }),
        'from-a': makeVerifiedJwt({ sub: 'a' }, { authServer: 'a' }),
      },
    }
    const rules: RulePlan[] = [
      { kind: 'jwt', authServers: ['a'], applications: 'registered' },
      { kind: 'jwt', authServers: ['b'], applications: 'none' },
    ]
    const judge = makeJudge(makePolicies(rules), bench)
    assert.equal((await judge(presenting({ token: 'from-a' }))).word, 'a')
    assert.equal((await judge(presenting({ token: 'from-b' }))).word, '(none)')
  })
})

describe('rules joined by and', () => {
  test('must all pass and name the same application', async () => {
    const judge = judgeWith([{ kind: 'jwt' }, { kind: 'api_key' }], { condition: 'and' })
    assert.equal(await judge({ token: 'good', apiKey: 'key-a' }), 'a')
    assert.equal(await judge({ token: 'good', apiKey: 'key-b' }), 'application.mismatch')
    assert.equal(await judge({ token: 'good' }), 'credentials.missing')
    assert.equal(await judge({ apiKey: 'key-a' }), 'credentials.missing')
    assert.equal(await judge(), 'credentials.missing')
    assert.equal(await judge({ token: 'good', apiKey: 'wrong' }), 'credentials.invalid')
    assert.equal(await judge({ token: 'expired', apiKey: 'key-a' }), 'token.expired')
    assert.equal(await judge({ token: 'nobody', apiKey: 'key-a' }), 'application.unidentified')
    assert.equal(await judge({ token: 'tie', apiKey: 'key-a' }), 'application.ambiguous')
  })

  test('a caller from the wrong address can present nothing that helps: 403', async () => {
    const judge = judgeWith([{ kind: 'api_key' }, { kind: 'ip_range' }], { condition: 'and' })
    assert.equal(await judge({ apiKey: 'key-b', from: '10.0.0.1' }), 'b')
    assert.equal(await judge({ apiKey: 'key-b', from: '11.0.0.1' }), 'application.unidentified')
    assert.equal(await judge({ from: '10.0.0.1' }), 'credentials.missing')
    assert.equal(await judge({ apiKey: 'key-a', from: '10.0.0.1' }), 'application.mismatch')
  })

  test('a rule that names nobody agrees with any, and all facts are known', async () => {
    const judge = makeJudge(
      makePolicies([{ kind: 'jwt', applications: 'none' }, { kind: 'api_key' }], { condition: 'and' }),
      BENCH,
    )
    const { word, exchange } = await judge(presenting({ token: 'nobody', apiKey: 'key-b' }))
    assert.equal(word, 'b')
    assert.equal(exchange.facts.jwt?.claims['sub'], 'nobody')
    assert.deepEqual(exchange.facts.identifiedBy, ['jwt', 'api_key'])
  })

  test('the default application is not the same as a real one', async () => {
    const judge = judgeWith([{ kind: 'jwt', applications: 'global_or_default' }, { kind: 'api_key' }], {
      condition: 'and',
    })
    assert.equal(await judge({ token: 'nobody', apiKey: 'key-a' }), 'application.mismatch')
  })
})

describe('allow_anonymous', () => {
  test('lets callers without credentials through, and those whose valid credential names nobody; never a bad credential', async () => {
    const judge = judgeWith([{ kind: 'jwt' }, { kind: 'api_key' }], { allowAnonymous: true })
    assert.equal(await judge(), '(none)')
    assert.equal(await judge({ token: 'nobody' }), '(none)')
    assert.equal(await judge({ token: 'elsewhere' }), '(none)')
    assert.equal(await judge({ token: 'good' }), 'a')
    assert.equal(await judge({ token: 'expired' }), 'token.expired')
    assert.equal(await judge({ token: 'key-down' }), 'keys.unavailable')
    assert.equal(await judge({ token: 'tie' }), 'application.ambiguous')
    assert.equal(await judge({ token: 'suspended' }), 'application.suspended')
    assert.equal(await judge({ apiKey: 'wrong' }), 'credentials.invalid')
    assert.equal(await judge({ apiKey: 'key-s-elsewhere' }), 'application.suspended')
    assert.equal(await judge({ token: '' }), 'credentials.malformed')
    assert.equal(await judge({ basic: 'alice:wrong' }), '(none)')
  })

  test('keeps what a valid token says, though it names nobody', async () => {
    const judge = makeJudge(makePolicies([{ kind: 'jwt' }], { allowAnonymous: true }), BENCH)
    const { exchange } = await judge(presenting({ token: 'nobody' }))
    assert.equal(exchange.facts.jwt?.claims['sub'], 'nobody')
  })

  test('helps with and only where no rule let the caller pass', async () => {
    const judge = judgeWith([{ kind: 'jwt' }, { kind: 'api_key' }], { condition: 'and', allowAnonymous: true })
    assert.equal(await judge(), '(none)')
    assert.equal(await judge({ token: 'good' }), 'credentials.missing')
    assert.equal(await judge({ token: 'expired' }), 'token.expired')
    assert.equal(await judge({ token: 'nobody' }), '(none)')
  })
})

test('a 401 offers one challenge for each credential rule, in file order', () => {
  const rules: RulePlan[] = [
    'http_basic',
    'jwt',
    'ip_range',
    'api_key',
    'oauth2',
    'host_name',
    'client_certificate',
  ].map(kind => ({
    kind: kind as RulePlan['kind'],
  }))
  assert.deepEqual(challengeSchemes(makePolicies(rules)), ['Basic', 'Bearer', 'ApiKey'])
  assert.deepEqual(challengeSchemes(makePolicies([])), [])
})
