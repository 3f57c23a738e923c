import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSharedEligibility } from '../../../src/applications/shared-eligibility.ts'
import type { ApiSettings, IdentificationRuleSettings } from '../../../src/settings/model.ts'
import { makeApplication } from '../../support/make-application.ts'
import { makePolicies, makeRule } from '../../support/policy-bench.ts'

function api(name: string, ...rules: IdentificationRuleSettings[]): ApiSettings {
  return {
    name,
    version: undefined,
    basePath: `/${name}`,
    hosts: [],
    active: true,
    closeOnExpiry: true,
    upstream: { kind: 'echo' },
    routes: [{ match: { method: 'ANY', path: '/*' }, policies: makePolicies(rules), pointer: '' }],
    pointer: '',
  }
}
const a = makeApplication({ id: 'a', apis: ['orders', 'billing'], authServers: ['idp'] })
const b = makeApplication({ id: 'b', apis: ['orders'] })
const c = makeApplication({ id: 'c', apis: ['billing'], authServers: ['partner'] })

test('two applications meet where one token rule counts both and one of its issuers may name both', () => {
  const shared = createSharedEligibility([
    api('orders', makeRule({ kind: 'jwt' })),
    api('billing', makeRule({ kind: 'jwt' })),
  ])
  assert.equal(shared(a, b), true)
  assert.equal(shared(a, c), false)
  assert.equal(shared(b, c), false)
})

test('a rule for any application brings all together; one without tokens or applications brings nobody', () => {
  const any = makeRule({ kind: 'jwt', applications: 'global', authServers: ['partner'] })
  assert.equal(createSharedEligibility([api('orders', any)])(b, c), true)
  assert.equal(createSharedEligibility([api('orders', any)])(a, b), false)
  const others = [
    makeRule({ kind: 'jwt', applications: 'none' }),
    makeRule({ kind: 'api_key', applications: 'global' }),
  ]
  assert.equal(createSharedEligibility([api('orders', ...others)])(a, b), false)
})
