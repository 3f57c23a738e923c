import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Denial, deny, ok, type Result } from '../../../src/errors/denial.ts'
import type { Introspector } from '../../../src/introspection/introspector.ts'
import type { IntrospectedToken } from '../../../src/tokens/accepted-token.ts'
import { digestOf } from '../../../src/tokens/verified-cache.ts'
import { makeIntrospectedToken } from '../../support/make-introspected-token.ts'
import { type Bench, makeJudge, makePolicies, presenting, type RulePlan } from '../../support/policy-bench.ts'

/** An auth server that knows some tokens; the others are not active. What it was asked once it knows at once. */
function makeIntrospector(
  authServer: string,
  tokens: Readonly<Record<string, IntrospectedToken | Denial>>,
): Introspector & { readonly asked: string[] } {
  const known = new Map<string, Result<IntrospectedToken>>()
  const asked: string[] = []
  return {
    authServer,
    asked,
    known: digest => known.get(digest),
    async ask(token, digest) {
      asked.push(token)
      const entry = tokens[token]
      const answer =
        entry === undefined
          ? deny('token.inactive', { authServer })
          : 'code' in entry
            ? ({ ok: false, error: entry } as const)
            : ok(entry)
      assert.equal(digest, digestOf(token))
      if (answer.ok || answer.error.code !== 'introspection.unavailable') known.set(digest, answer)
      return answer
    },
    status: () => assert.fail('nobody asks'),
    close: () => Promise.resolve(),
  }
}

const APPLICATIONS: NonNullable<Bench['applications']> = [
  { id: 'a', apis: ['orders'], clientIds: ['client-a'] },
  { id: 'b', apis: ['orders'], claimSets: [{ tenant: 'b' }] },
  { id: 'c', apis: ['other'], clientIds: ['client-c'] },
]
const of = (authServer: string, members: Readonly<Record<string, unknown>>): IntrospectedToken =>
  makeIntrospectedToken(members, { authServer })

function open(rules: readonly RulePlan[], introspectors: readonly Introspector[]) {
  const judge = makeJudge(makePolicies(rules), { applications: APPLICATIONS, introspectors })
  return (token: string) => judge(presenting({ token }))
}

test('the first question waits, and what is known is judged at once', async () => {
  const sso = makeIntrospector('sso', { t: of('sso', { client_id: 'client-a' }) })
  const judge = open([{ kind: 'oauth2', authServers: ['sso'] }], [sso])
  const first = await judge('t')
  assert.deepEqual([first.word, first.atOnce], ['a', false])
  const again = await judge('t')
  assert.deepEqual([again.word, again.atOnce], ['a', true])
  assert.deepEqual(again.exchange.facts.identifiedBy, ['oauth2'])
  assert.equal(again.exchange.facts.introspected?.authServer, 'sso')
  assert.deepEqual(sso.asked, ['t'])
})

test('a client that belongs to an application names that one, whatever claim sets say', async () => {
  const sso = makeIntrospector('sso', {
    both: of('sso', { client_id: 'client-a', tenant: 'b' }),
    set: of('sso', { client_id: 'nobody', tenant: 'b' }),
    other: of('sso', { client_id: 'client-c', tenant: 'b' }),
    listed: of('sso', { client_id: ['client-a'] }),
  })
  const judge = open([{ kind: 'oauth2', authServers: ['sso'] }], [sso])
  assert.equal((await judge('both')).word, 'a')
  assert.equal((await judge('set')).word, 'b')
  assert.equal((await judge('other')).word, 'application.not_registered')
  assert.equal((await judge('listed')).word, 'application.unidentified')
})

test('auth servers are asked in the order of the rules, and one that is away makes it our outage', async () => {
  const one = makeIntrospector('one', {
    mine: of('one', {}),
    down: { code: 'introspection.unavailable' },
    bad: { code: 'token.expired' },
  })
  const two = makeIntrospector('two', { yours: of('two', {}), down: of('two', {}) })
  const rules: RulePlan[] = [{ kind: 'oauth2', authServers: ['one', 'two'], applications: 'none' }]
  const judge = open(rules, [two, one])
  assert.equal((await judge('mine')).exchange.facts.introspected?.authServer, 'one')
  assert.equal((await judge('yours')).exchange.facts.introspected?.authServer, 'two')
  assert.deepEqual(two.asked, ['yours'])
  assert.equal((await judge('down')).exchange.facts.introspected?.authServer, 'two')
  assert.equal((await judge('bad')).word, 'token.expired')
  assert.equal((await judge('nobodys')).word, 'token.inactive')
  const three = makeIntrospector('three', {})
  const away = makeIntrospector('away', { x: { code: 'introspection.unavailable' } })
  const unsure = open([{ kind: 'oauth2', authServers: ['away', 'three'], applications: 'none' }], [away, three])
  assert.equal((await unsure('x')).word, 'introspection.unavailable')
})

test('of two oauth2 rules, the one whose auth server knows the token judges it', async () => {
  const one = makeIntrospector('one', { t: of('one', { client_id: 'client-a' }) })
  const two = makeIntrospector('two', { u: of('two', { client_id: 'client-a' }) })
  const rules: RulePlan[] = [
    { kind: 'oauth2', authServers: ['one'], applications: 'none' },
    { kind: 'oauth2', authServers: ['two'], applications: 'registered' },
  ]
  const judge = open(rules, [one, two])
  assert.equal((await judge('t')).word, '(none)')
  assert.equal((await judge('u')).word, 'a')
})

test('nobody to ask is our own lack, and too large a token is not asked about', async () => {
  assert.equal((await open([{ kind: 'oauth2', authServers: ['gone'] }], [])('t')).word, 'introspection.unavailable')
  const sso = makeIntrospector('sso', {})
  assert.equal(
    (await open([{ kind: 'oauth2', authServers: ['sso'] }], [sso])('x'.repeat(9_000))).word,
    'token.too_large',
  )
  assert.deepEqual(sso.asked, [])
})
