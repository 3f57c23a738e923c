import assert from 'node:assert/strict'
import { test } from 'node:test'
import { predictTies } from '../../../src/applications/predict-ties.ts'
import type { ApiSettings, ApplicationLookup } from '../../../src/settings/model.ts'
import { DPOP_DEFAULTS } from '../../support/dpop.ts'
import { type ApplicationPlan, makeApplication } from '../../support/make-application.ts'

function api(name: string, applications: ApplicationLookup, authServers: readonly string[] = ['idp']): ApiSettings {
  const policies = {
    protocols: ['http', 'https'] as const,
    identifyAndAuthorize: {
      condition: 'or' as const,
      allowAnonymous: false,
      rules: [
        {
          kind: 'jwt' as const,
          applications,
          authServers,
          audience: 'if_present' as const,
          dpop: DPOP_DEFAULTS,
          pointer: '',
        },
      ],
      pointer: '',
    },
    requireScopes: [],
    require: [],
    outboundAuthentication: 'incoming' as const,
  }
  return {
    name,
    version: undefined,
    basePath: `/${name}`,
    hosts: [],
    active: true,
    closeOnExpiry: true,
    upstream: { kind: 'echo' },
    routes: [{ match: { method: 'ANY', path: '/*' }, policies, pointer: '' }],
    pointer: '',
  }
}

/** The pairs of places that are reported, in order. */
function tiesOf(
  plans: readonly ApplicationPlan[],
  apis = [api('orders', 'registered')],
): readonly (readonly string[])[] {
  return predictTies(plans.map(makeApplication), apis).map(finding => {
    assert.equal(finding.code, 'config.ambiguous')
    assert.equal(finding.severity, 'warning')
    return [finding.related?.[0]?.pointer ?? '', finding.pointer].map(pointer =>
      pointer.replace('/applications/', '').replace('/identifiers/claim_sets', ''),
    )
  })
}

test('equal sets of two applications are a tie, of one application none', () => {
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ t: 1 }] },
      { id: 'b', claimSets: [{ t: 2 }, { t: 1 }] },
    ]),
    [['a/0', 'b/1']],
  )
  assert.deepEqual(tiesOf([{ id: 'a', claimSets: [{ t: 1 }, { t: 1 }] }]), [])
})

test('sets whose values exclude each other, or of different sizes, are none', () => {
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ sub: 'x' }] },
      { id: 'b', claimSets: [{ sub: 'y' }] },
    ]),
    [],
  )
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ t: 1 }] },
      { id: 'b', claimSets: [{ t: 1, env: 'prod' }] },
    ]),
    [],
  )
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ t: 1 }] },
      { id: 'b', claimSets: [{ t: '1' }] },
    ]),
    [],
  )
})

test('lists that share a value are a tie', () => {
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ env: ['dev', 'test'], t: 1 }] },
      { id: 'b', claimSets: [{ t: 1, env: ['test', 'prod'] }] },
    ]),
    [['a/0', 'b/0']],
  )
})

test('sets of different claims are a tie where one token may well have both', () => {
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ tenant: 'acme' }] },
      { id: 'b', claimSets: [{ env: 'prod' }] },
    ]),
    [['a/0', 'b/0']],
  )
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ tenant: 'acme', role: 'x' }] },
      { id: 'b', claimSets: [{ tenant: 'acme', env: 'prod' }] },
    ]),
    [['a/0', 'b/0']],
  )
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ tenant: 'acme', role: 'x' }] },
      { id: 'b', claimSets: [{ tenant: 'other', env: 'prod' }] },
    ]),
    [],
  )
  assert.deepEqual(
    tiesOf([
      { id: 'a', claimSets: [{ sub: 'a' }] },
      { id: 'b', claimSets: [{ client_id: 'b' }] },
    ]),
    [],
  )
})

test('applications that never count for one rule, or for tokens of one issuer, are none', () => {
  const equal = [
    { id: 'a', apis: ['orders'], claimSets: [{ t: 1 }] },
    { id: 'b', apis: ['billing'], claimSets: [{ t: 1 }] },
  ]
  assert.deepEqual(tiesOf(equal, [api('orders', 'registered'), api('billing', 'registered')]), [])
  assert.deepEqual(tiesOf(equal, [api('orders', 'global')]), [['a/0', 'b/0']])
  assert.deepEqual(tiesOf(equal, [api('orders', 'none')]), [])
  assert.deepEqual(tiesOf(equal, []), [])
  const apart = [
    { id: 'a', authServers: ['idp'], claimSets: [{ t: 1 }] },
    { id: 'b', authServers: ['partner'], claimSets: [{ t: 1 }] },
  ]
  assert.deepEqual(tiesOf(apart, [api('orders', 'global', ['idp', 'partner'])]), [])
})

test('10,000 applications that are all alike give a bounded number of warnings in a bounded time', () => {
  const plans = Array.from({ length: 10_000 }, (_, i) => ({ id: `app-${i}`, claimSets: [{ tenant: 'acme' }] }))
  const begun = performance.now()
  assert.equal(tiesOf(plans).length, 25)
  const distinct = plans.map(({ id }) => ({
    id,
    claimSets: [
      { sub: id, tenant: 'acme' },
      { client_id: id, env: 'prod' },
    ],
  }))
  assert.equal(tiesOf(distinct).length, 0)
  assert.ok(performance.now() - begun < 3_000)
})
