import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBasePaths, defaultBasePath } from '../../../src/settings/base-paths.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const say = (yaml: string) => checkBasePaths(inspectionOf(yaml)).map(sayFinding)
const api = (text: string, more = '') => say(`apis: [ { ${text} } ]\n${more}`)

test('a base path that overlaps what the gateway itself answers is an error', () => {
  const taken = [
    '/rest',
    '/rest/pub/apigateway',
    '/.well-known',
    '/.well-known/jwks.json',
    '/.well-known/jwks.json/x',
    '/gateway',
    '/gateway/security',
  ]
  for (const path of taken)
    assert.deepEqual(api(`name: a, base_path: ${path}`), ['error config.conflict /apis/0/base_path'], path)
  for (const path of ['/', '/orders', '/gateway/orders', '/restaurant', '/rest/other', '/api'])
    assert.deepEqual(api(`name: a, base_path: ${path}`), [], path)
})

test('the prefix of the product and the token endpoint count where they are set', () => {
  assert.deepEqual(api('name: a, base_path: /gw', 'api_endpoint: { base_path: /gw }'), [
    'error config.conflict /apis/0/base_path',
  ])
  assert.deepEqual(api('name: a, base_path: /gateway', 'api_endpoint: { base_path: /gw }'), [])
  assert.deepEqual(api('name: a, base_path: /api', 'oauth: { auth_server: x }'), [
    'error config.conflict /apis/0/base_path',
  ])
})

test('a name stands for a base path where it can stand in one', () => {
  assert.equal(defaultBasePath('orders-1.4'), '/orders-1.4')
  assert.equal(defaultBasePath('Orders API'), undefined)
  assert.deepEqual(api('name: Orders API'), ['error config.required /apis/0/name'])
  assert.deepEqual(api('name: Orders API, base_path: /orders'), [])
  assert.deepEqual(api('name: rest'), ['error config.conflict /apis/0/name'])
})
