import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiSettings } from '../../../src/settings/model.ts'
import { settingsOf } from '../../support/settings-document.ts'

function resolve(api: string, more = ''): ApiSettings {
  const [resolved] = settingsOf(`apis: [ { name: orders, ${api} } ]\n${more}`).apis
  assert.ok(resolved !== undefined)
  return resolved
}

test('the base path is the name where none is written', () => {
  assert.equal(resolve('upstream: builtin:echo').basePath, '/orders')
  assert.equal(resolve('upstream: builtin:echo, base_path: /a/b/').basePath, '/a/b')
  assert.equal(resolve('upstream: builtin:echo, base_path: /').basePath, '/')
})

test('the only route is ANY /* where none is written', () => {
  assert.deepEqual(
    resolve('upstream: builtin:echo').routes.map(({ match }) => match),
    [{ method: 'ANY', path: '/*' }],
  )
})

test('a URL is an upstream with its defaults', () => {
  const long = resolve('upstream: { targets: [ http://127.0.0.1:8080 ] }').upstream
  assert.deepEqual(resolve('upstream: http://127.0.0.1:8080').upstream, long)
  assert.deepEqual(long, {
    kind: 'http',
    targets: ['http://127.0.0.1:8080'],
    stripBasePath: false,
    connectTimeoutMs: 1000,
    responseTimeoutMs: 15_000,
    pointer: '/apis/0/upstream',
  })
})

test('targets have no trailing slash and no default port', () => {
  const targetsOf = (written: string) => {
    const { upstream } = resolve(`upstream: { targets: [ ${written} ] }`)
    return upstream.kind === 'http' && upstream.targets
  }
  assert.deepEqual(targetsOf('"https://Orders.internal:443/v1/"'), ['https://orders.internal/v1'])
  assert.deepEqual(targetsOf('http://x:80'), ['http://x'])
})

test('of several targets the first one is used, as the warning says', () => {
  const { upstream } = resolve('upstream: { targets: [ http://one:8080, http://two:8080 ] }')
  assert.deepEqual(upstream.kind === 'http' && upstream.targets, ['http://one:8080'])
})

test('the echo service is built in', () => {
  assert.deepEqual(resolve('upstream: builtin:echo').upstream, { kind: 'echo' })
})

test('hosts are in lower case and stand once', () => {
  assert.deepEqual(resolve('upstream: builtin:echo, hosts: [ A.example.com, a.example.com, "*.B.example" ]').hosts, [
    'a.example.com',
    '*.b.example',
  ])
})

test('scope mappings come on top of what a route requires', () => {
  const yaml = 'scope_mappings: [ { scope: write, apis: [ orders ], routes: [ POST /x ] } ]'
  const { routes } = resolve(
    'upstream: builtin:echo, policies: [ require_scopes: { all: [ base ] } ], routes: [ { match: POST /x }, { match: GET /x } ]',
    yaml,
  )
  assert.deepEqual(
    routes.map(({ policies }) => policies.requireScopes.map(({ mode, scopes }) => [mode, ...scopes])),
    [
      [
        ['all', 'base'],
        ['any', 'write'],
      ],
      [['all', 'base']],
    ],
  )
})
