import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { renderBanner } from '../../../src/cli/banner.ts'
import { renderSampleCalls } from '../../../src/cli/sample-calls.ts'
import type { Settings } from '../../../src/settings/model.ts'
import { SAMPLE_API, SAMPLE_APPLICATION, SAMPLE_AUTH_SERVER, sampleSettings } from '../../support/sample-settings.ts'

const HTTP = { kind: 'http', url: 'http://127.0.0.1:4485' } as const
const published = () => "sample's-password"

function withRule(
  change: Partial<NonNullable<Settings['apis'][0]['routes'][0]['policies']['identifyAndAuthorize']>['rules'][0]>,
) {
  const [route] = SAMPLE_API.routes
  const rules = route?.policies.identifyAndAuthorize
  const [rule] = rules?.rules ?? []
  assert.ok(route !== undefined && rules !== undefined && rule?.kind === 'jwt')
  const changed = { ...rule, ...change, kind: 'jwt' } as typeof rule
  const policies = { ...route.policies, identifyAndAuthorize: { ...rules, rules: [changed] } }
  return { ...SAMPLE_API, routes: [{ ...route, policies }] }
}

test('the sample configuration gets three commands, each complete on its line', () => {
  assert.deepEqual(
    renderSampleCalls(sampleSettings(), [HTTP], () => 'sample-password'),
    [
      'curl -i http://127.0.0.1:4485/orders',
      `TOKEN=$(curl -s -u alice:sample-password http://127.0.0.1:4485/rest/pub/apigateway/jwt/getJsonWebToken | sed 's/.*"jwt":"\\([^"]*\\)".*/\\1/')`,
      'curl -i -H "Authorization: Bearer $TOKEN" http://127.0.0.1:4485/orders',
    ],
  )
})

test('a password of the operator’s own is not printed: curl asks for it', () => {
  const [, token] = renderSampleCalls(sampleSettings(), [HTTP], () => undefined)
  assert.match(token ?? '', / -u alice http/)
})

test('the sed command finds the token, and a shell takes the lines as they are', () => {
  const [, token = ''] = renderSampleCalls(sampleSettings(), [HTTP], published)
  const script = `curl() { printf '%s' "$*" >&2; printf '{"jwt":"aaa.bbb.ccc"}'; }\n${token}\nprintf '%s' "$TOKEN"`
  const out = execFileSync('sh', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  assert.equal(out, 'aaa.bbb.ccc')
})

test('where the API wants a registered application, the token is asked for on its behalf', () => {
  const apis = [withRule({ applications: 'registered' })]
  const [, token] = renderSampleCalls(sampleSettings({ apis, applications: [SAMPLE_APPLICATION] }), [HTTP], published)
  assert.match(token ?? '', /'http:[^']*getJsonWebToken\?app_id=app-1'/)
  assert.equal(renderSampleCalls(sampleSettings({ apis }), [HTTP], published).length, 1)
  const suspended = [{ ...SAMPLE_APPLICATION, suspended: true }]
  assert.equal(renderSampleCalls(sampleSettings({ apis, applications: suspended }), [HTTP], published).length, 1)
})

test('only what can work is printed', () => {
  const tokenGenerator = undefined
  assert.deepEqual(
    renderSampleCalls(sampleSettings({ authServers: [{ ...SAMPLE_AUTH_SERVER, tokenGenerator }] }), [HTTP], published),
    [],
  )
  assert.deepEqual(renderSampleCalls(sampleSettings({ issuingRequiresHttps: true }), [HTTP], published), [])
  assert.deepEqual(renderSampleCalls(sampleSettings({ apis: [] }), [HTTP], published), [])
  assert.equal(renderSampleCalls(sampleSettings({ users: [] }), [HTTP], published).length, 1)
})

test('hosts, templates and HTTPS on loopback are taken care of', () => {
  const [route] = SAMPLE_API.routes
  assert.ok(route !== undefined)
  const api = {
    ...SAMPLE_API,
    hosts: ['*.example.com'],
    routes: [{ ...route, match: { method: 'GET', path: '/v1/items/{id}/*' } }],
  }
  const https = { kind: 'https', url: 'https://0.0.0.0:7749' } as const
  const settings = sampleSettings({ apis: [api], issuingRequiresHttps: true })
  const [refused] = renderSampleCalls(settings, [HTTP, https], published)
  assert.equal(refused, `curl -i -k -H 'Host: www.example.com' https://127.0.0.1:7749/orders/v1/items/1`)
  const [same] = renderSampleCalls(sampleSettings({ apis: [{ ...api, hosts: ['127.0.0.1'] }] }), [HTTP], published)
  assert.equal(same, 'curl -i http://127.0.0.1:4485/orders/v1/items/1')
})

test('the banner tells listeners, auth servers, APIs and the time, and ends in the calls', () => {
  const banner = renderBanner({
    version: '0.1.0',
    nodeVersion: '26.10.0',
    pid: 4711,
    settings: sampleSettings(),
    configuration: 'microgateway.yml',
    warnings: 1,
    listeners: [HTTP, { kind: 'admin', url: 'http://127.0.0.1:9485' }],
    adminAccess: 'token in data/admin-token',
    authServers: [
      { name: 'local', state: 'issuer', ok: true },
      { name: 'idp\u001b[0m', state: 'waiting for keys', ok: false },
    ],
    readyMs: 310,
    watching: true,
    publishedPassword: () => 'sample-password',
  })
  const lines = banner.trimEnd().split('\n')
  assert.deepEqual(lines.slice(0, 7), [
    'microgateway 0.1.0 · node 26.10.0 · pid 4711',
    '  config   microgateway.yml · revision abcdef012345 · 1 warning',
    '  http     http://127.0.0.1:4485',
    '  admin    http://127.0.0.1:9485  (token in data/admin-token)',
    '  auth     local ✔ issuer · idp\ufffd[0m … waiting for keys',
    '  api      orders  /orders → builtin:echo  (1 route)',
    'ready in 0.31 s · watching microgateway.yml',
  ])
  assert.equal(lines.filter(line => /^(TOKEN=|curl )/.test(line)).length, 3)
})

test('a large configuration has a short banner', () => {
  const apis = Array.from({ length: 1000 }, (_, i) => ({ ...SAMPLE_API, name: `api-${i}` }))
  const banner = renderBanner({
    version: '0.1.0',
    nodeVersion: '26.10.0',
    pid: 1,
    settings: sampleSettings({ apis }),
    configuration: 'c',
    warnings: 0,
    listeners: [],
    adminAccess: '',
    authServers: [],
    readyMs: 1,
    watching: false,
    publishedPassword: () => undefined,
  })
  assert.ok(banner.split('\n').length < 40)
  assert.match(banner, /980 more/)
})
