import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiSettings } from '../../../src/settings/model.ts'
import { sampleUpstream } from '../../support/sample-upstream.ts'
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
  assert.deepEqual(long, sampleUpstream({ targets: ['http://127.0.0.1:8080'] }))
})

test('targets have no trailing slash and no default port', () => {
  const targetsOf = (written: string) => {
    const { upstream } = resolve(`upstream: { targets: [ ${written} ] }`)
    return upstream.kind === 'http' && upstream.targets
  }
  assert.deepEqual(targetsOf('"https://Orders.internal:443/v1/"'), ['https://orders.internal/v1'])
  assert.deepEqual(targetsOf('http://x:80'), ['http://x'])
})

test('every key of an upstream has its place', () => {
  const { upstream } = resolve(
    'upstream: { targets: [ http://one:8080, http://two:8080 ], balance: consistent_hash, hash_on: "header:X-Tenant", ' +
      'idle_timeout: 1m, stream_timeout: 1h, max_connections: 5, max_pending: 0, retry: { attempts: 0 }, protocol: http2, ' +
      'health_check: { path: /up, status: "204" }, outliers: { failures: 0 }, circuit_breaker: { window: 3s } }',
  )
  assert.deepEqual(
    upstream,
    sampleUpstream({
      targets: ['http://one:8080', 'http://two:8080'],
      balance: 'consistent_hash',
      hashOn: { kind: 'header', name: 'x-tenant' },
      idleTimeoutMs: 60_000,
      streamTimeoutMs: 3_600_000,
      maxConnections: 5,
      maxPending: 0,
      retry: { attempts: 0, budgetPercent: 20 },
      protocol: 'http2',
      healthCheck: {
        path: '/up',
        intervalMs: 10_000,
        timeoutMs: 2000,
        unhealthyAfter: 3,
        healthyAfter: 2,
        statusFrom: 204,
        statusTo: 204,
      },
      outliers: { failures: 0, ejectionMs: 10_000, maxEjectedPercent: 50, slowReturnMs: 30_000 },
      circuitBreaker: { failureRatioPercent: 50, minRequests: 20, windowMs: 3000, openForMs: 5000 },
    }),
  )
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
