import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiSettings, RouteSettings } from '../../../src/settings/model.ts'
import { findConflicts } from '../../../src/snapshot/conflicts.ts'
import { makeApplication } from '../../support/make-application.ts'
import { SAMPLE_API, sampleSettings } from '../../support/sample-settings.ts'

function route(path: string, pointer: string): RouteSettings {
  return { ...(SAMPLE_API.routes[0] as RouteSettings), match: { method: 'GET', path }, pointer }
}

function api(name: string, changes: Partial<ApiSettings>): ApiSettings {
  return { ...SAMPLE_API, name, pointer: `/apis/${name}`, ...changes }
}

test('a route that another one hides is a warning at its place, with the place of the other', () => {
  const twice = api('orders', { routes: [route('/a', '/first'), route('/a', '/second')] })
  assert.partialDeepStrictEqual(findConflicts(sampleSettings({ apis: [twice] })), [
    {
      code: 'config.ambiguous',
      severity: 'warning',
      message: 'route `GET /a` of API `orders` is written twice: the first one answers',
      pointer: '/second',
      related: [{ pointer: '/first', label: 'this one answers' }],
    },
  ])
  const short = api('all', { basePath: '/', routes: [route('/orders/a', '/short')] })
  const long = api('orders', { routes: [route('/a', '/long')] })
  const [finding] = findConflicts(sampleSettings({ apis: [short, long] }))
  assert.equal(finding?.pointer, '/short')
  assert.match(finding?.message ?? '', /never reached: API `orders` has the longer base path/)
})

test('an API that is not active hides nothing', () => {
  const off = api('off', { active: false })
  assert.deepEqual(findConflicts(sampleSettings({ apis: [SAMPLE_API, off] })), [])
})

test('two applications that one token names alike are predicted', () => {
  const claimSets = [{ azp: 'x' }]
  const base = SAMPLE_API.routes[0] as RouteSettings
  const identify = base.policies.identifyAndAuthorize
  assert.ok(identify !== undefined)
  const rules = identify.rules.map(rule => ({ ...rule, applications: 'global' as const }))
  const policies = { ...base.policies, identifyAndAuthorize: { ...identify, rules } }
  const settings = sampleSettings({
    apis: [api('orders', { routes: [{ ...base, policies }] })],
    applications: [makeApplication({ id: 'a', claimSets }), makeApplication({ id: 'b', claimSets })],
  })
  assert.deepEqual(
    findConflicts(settings).map(({ code, severity }) => [code, severity]),
    [['config.ambiguous', 'warning']],
  )
})
