import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mappedScopes, mappingsByApi, resolveScopeMappings } from '../../../src/settings/resolve-scope-mappings.ts'

const mappings = resolveScopeMappings([
  { scope: 'write', apis: ['orders', 'items', 'orders'], routes: ['POST /v1/items/'] },
  { scope: 'admin', apis: ['orders'], routes: [] },
  { scope: 'other', apis: ['items'], routes: ['GET /x'] },
])

test('a route that mappings cover needs one of their scopes', () => {
  const orders = mappingsByApi(mappings).get('orders') ?? []
  assert.deepEqual(mappedScopes({ method: 'POST', path: '/v1/items' }, orders), {
    mode: 'any',
    scopes: ['write', 'admin'],
    pointer: '/scope_mappings/0',
  })
  assert.deepEqual(mappedScopes({ method: 'GET', path: '/v1/items' }, orders), {
    mode: 'any',
    scopes: ['admin'],
    pointer: '/scope_mappings/1',
  })
})

test('a route that no mapping covers needs none', () => {
  const items = mappingsByApi(mappings).get('items') ?? []
  assert.equal(mappedScopes({ method: 'GET', path: '/v1/items' }, items), undefined)
  assert.equal(mappingsByApi(mappings).get('nothing'), undefined)
})
