import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EffectivePolicies } from '../../../src/settings/model.ts'
import { combinePolicies, resolveLevel } from '../../../src/settings/resolve-policies.ts'
import type { Policy } from '../../../src/settings/schema-types.ts'
import { DPOP_DEFAULTS } from '../../support/dpop.ts'

interface Level {
  readonly open?: boolean
  readonly policies?: readonly Policy[]
}

function combine(api: Level, route: Level): EffectivePolicies {
  const level = ({ open = false, policies = [] }: Level, at: string) =>
    resolveLevel({ open, policies }, at, { issuers: ['idp', 'other'], introspecting: ['opaque'] })
  return combinePolicies(level(api, '/api'), level(route, '/route'), undefined)
}

/** A rule's body with the schema's defaults. */
const WRITTEN = {
  audience: 'if_present',
  header: 'X-Key',
  dpop: 'if_bound',
  dpop_algorithms: [...DPOP_DEFAULTS.algorithms],
  dpop_max_age: '60s',
  dpop_nonce: false,
} as const

const rules = (...kinds: readonly ('jwt' | 'api_key' | 'http_basic')[]): Policy => ({
  identify_and_authorize: {
    condition: 'or',
    allow_anonymous: false,
    rules: kinds.map(kind => ({ [kind]: WRITTEN, applications: 'global' })),
  },
})
const kindsOf = ({ identifyAndAuthorize }: EffectivePolicies) => identifyAndAuthorize?.rules.map(({ kind }) => kind)

test('without a word everything is allowed to come by both schemes, and the token is passed on', () => {
  assert.deepEqual(combine({}, {}), {
    protocols: ['http', 'https'],
    identifyAndAuthorize: undefined,
    requireScopes: [],
    require: [],
    outboundAuthentication: 'incoming',
  })
})

test("a route replaces its API's policy of the same kind and keeps the others", () => {
  const api = { policies: [rules('jwt'), { protocols: ['https'] } satisfies Policy] }
  assert.deepEqual(kindsOf(combine(api, { policies: [rules('api_key')] })), ['api_key'])
  assert.deepEqual(combine(api, { policies: [rules('api_key')] }).protocols, ['https'])
  assert.deepEqual(combine(api, { policies: [{ protocols: ['http'] }] }).protocols, ['http'])
  assert.deepEqual(kindsOf(combine(api, {})), ['jwt'])
})

test('allow_anonymous on a route sets that flag and keeps the rules', () => {
  const policies = combine({ policies: [rules('jwt')] }, { policies: [{ allow_anonymous: true }] })
  assert.deepEqual(kindsOf(policies), ['jwt'])
  assert.equal(policies.identifyAndAuthorize?.allowAnonymous, true)
})

test('allow_anonymous of an API ends where a route brings rules of its own', () => {
  const api = { policies: [rules('jwt'), { allow_anonymous: true }] }
  assert.equal(combine(api, {}).identifyAndAuthorize?.allowAnonymous, true)
  assert.equal(combine(api, { policies: [{ allow_anonymous: false }] }).identifyAndAuthorize?.allowAnonymous, false)
  assert.equal(combine(api, { policies: [rules('api_key')] }).identifyAndAuthorize?.allowAnonymous, false)
})

test('open removes the rules for a route; rules of a route guard it in an open API', () => {
  assert.equal(combine({ policies: [rules('jwt')] }, { open: true }).identifyAndAuthorize, undefined)
  assert.equal(combine({ open: true }, {}).identifyAndAuthorize, undefined)
  assert.deepEqual(kindsOf(combine({ open: true }, { policies: [rules('jwt')] })), ['jwt'])
})

test('scopes and requirements add up', () => {
  const policies = combine(
    { policies: [{ require_scopes: { any: ['a', 'a', 'b'] } }, { require: 'x' }] },
    { policies: [{ require_scopes: { all: ['c'] } }, { require: 'y' }] },
  )
  assert.deepEqual(policies.requireScopes, [
    { mode: 'any', scopes: ['a', 'b'], pointer: '/api/policies/0/require_scopes' },
    { mode: 'all', scopes: ['c'], pointer: '/route/policies/0/require_scopes' },
  ])
  assert.deepEqual(
    policies.require.map(({ expression }) => expression),
    ['x', 'y'],
  )
})

test('the short form is one jwt rule that only authenticates', () => {
  assert.deepEqual(combine({ policies: [{ jwt: 'idp' }] }, {}).identifyAndAuthorize, {
    condition: 'or',
    allowAnonymous: false,
    rules: [
      {
        kind: 'jwt',
        authServers: ['idp'],
        audience: 'if_present',
        dpop: DPOP_DEFAULTS,
        applications: 'none',
        pointer: '/api/policies/0/jwt',
      },
    ],
    pointer: '/api/policies/0/jwt',
  })
})

test('a jwt rule without names takes every issuer; a header is in lower case', () => {
  const policies = combine({ policies: [rules('jwt', 'api_key', 'http_basic')] }, {})
  const [jwt, key] = policies.identifyAndAuthorize?.rules ?? []
  assert.deepEqual(jwt?.kind === 'jwt' && jwt.authServers, ['idp', 'other'])
  assert.equal(key?.kind === 'api_key' && key.header, 'x-key')
})

test('what is not passed on is stripped, and what is not built passes nothing on', () => {
  const outbound = (scheme: 'jwt' | 'none' | 'basic', mode: 'incoming' | 'strip' | 'new') =>
    combine({ policies: [{ outbound_authentication: { scheme, mode } }] }, {}).outboundAuthentication
  assert.equal(outbound('jwt', 'incoming'), 'incoming')
  assert.equal(outbound('jwt', 'strip'), 'strip')
  assert.equal(outbound('none', 'incoming'), 'strip')
  assert.equal(outbound('basic', 'incoming'), 'strip')
  assert.equal(outbound('jwt', 'new'), 'strip')
})
