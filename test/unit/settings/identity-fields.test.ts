import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listIdentityFields } from '../../../src/settings/identity-fields.ts'
import { documentFrom } from '../../support/settings-document.ts'

test('fields of APIs and routes are listed once, in lower case', () => {
  const policies = [{ claim_headers: { 'X-User': 'sub', 'x-tenant': 'tenant' } }]
  const routes = [{ policies: [{ backend_jwt: { header: 'X-JWT' } }, { claim_headers: { 'x-user': 'sub' } }] }]
  assert.deepEqual(listIdentityFields(documentFrom({ apis: [{ policies, routes }] })), ['x-jwt', 'x-tenant', 'x-user'])
})

test('what is no policy lists nothing', () => {
  for (const apis of [undefined, 7, [7], [{ policies: 'x' }], [{ policies: [null, 'x', { claim_headers: 3 }] }]]) {
    assert.deepEqual(listIdentityFields(documentFrom({ apis })), [])
  }
})
