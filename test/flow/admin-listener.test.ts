/** Product.md 7 and quality.md, security 12: who may look at the admin pages, and that no API path leads there. */
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { send } from '../support/call.ts'
import { openScene, type Places, refuseAt } from '../support/scene.ts'

const settings =
  (admin = '') =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
${admin}
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
applications:
  - { id: billing, name: billing, apis: [ orders ], identifiers: { api_keys: [ key-of-billing ] } }
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { jwt: {}, applications: none }, { api_key: {} } ] } ]
  - { name: all, base_path: /, upstream: "${upstream}", open: true }
`

const STATUS = '/rest/microgateway/status'
const CLOSED = [
  STATUS,
  '/rest/microgateway/settings',
  '/rest/microgateway/assets',
  '/rest/microgateway/metrics',
  '/metrics',
]
const REALM = 'microgateway'

test('the admin pages open to the token under state_dir', async t => {
  const scene = await openScene(t, { settings: settings() })
  const { adminUrl, folder } = scene.gateway
  const file = join(folder, 'data', 'admin-token')
  const token = readFileSync(file, 'utf8').trim()

  await t.test('which nobody else on the machine can read', () => {
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })
  await t.test('as a bearer token or as a password', async () => {
    for (const path of CLOSED) {
      assert.equal((await send(adminUrl, { path, token })).status, 200, path)
      assert.equal((await send(adminUrl, { path, basic: `any:${token}` })).status, 200, path)
    }
  })
  await t.test('and to nobody without it', async () => {
    const both = [`Bearer realm="${REALM}"`, `Basic realm="${REALM}", charset="UTF-8"`]
    for (const path of CLOSED) {
      await refuseAt(adminUrl, scene, { path }, { code: 'credentials.missing', challenge: both })
    }
    // No more wrong ones than are free: the next answer would wait.
    const invalid = { code: 'credentials.invalid' } as const
    await refuseAt(adminUrl, scene, { path: STATUS, token: 'x' }, { ...invalid, challenge: both.slice(0, 1) })
    await refuseAt(
      adminUrl,
      scene,
      { path: '/metrics', basic: `any:${token}x` },
      { ...invalid, challenge: both.slice(1) },
    )
    await refuseAt(adminUrl, scene, { path: STATUS, basic: 'any:' }, { ...invalid, challenge: both.slice(1) })
  })
  await t.test('and to no token of a caller, however good', async () => {
    const call = { path: STATUS, token: await scene.keys.sign() }
    await refuseAt(adminUrl, scene, call, { code: 'credentials.invalid', challenge: [`Bearer realm="${REALM}"`] })
  })
  await t.test('and show no secret', async () => {
    for (const path of CLOSED) {
      const { body } = await send(adminUrl, { path, token })
      assert.ok(!body.includes('key-of-billing') && !body.includes(token), path)
    }
    assert.ok(!JSON.stringify(scene.gateway.log).includes(token))
  })
  await t.test('and tell what is in force', async () => {
    const status = (await send(adminUrl, { path: STATUS, token })).json()
    assert.equal(status['state'], 'ready')
    assert.equal(status['apis'], 2)
    assert.partialDeepStrictEqual(status['auth_servers'], [{ name: 'idp', keys: 1, apis: ['orders'] }])
  })
  await t.test('and count what happens', async () => {
    const callerToken = await scene.keys.sign()
    for (const _ of [1, 2, 3]) await scene.pass({ path: '/orders', token: callerToken })
    const { body, fields } = await send(adminUrl, { path: '/metrics', token })
    assert.match(fields.get('content-type')?.[0] ?? '', /^text\/plain; version=0\.0\.4/)
    const counted = /^http_server_request_duration_seconds_count\{[^}]*http_route="\/orders\/\*"[^}]*\} 3$/m
    assert.ok(counted.test(body), 'three requests to /orders/*')
    assert.match(body, /^microgateway_token_cache_misses_total 1$/m)
    assert.match(body, /^microgateway_token_cache_hits_total 2$/m)
  })
})

test('health needs no credentials, and says no more than it has to', async t => {
  const scene = await openScene(t, { settings: settings() })
  const { adminUrl, gateway } = scene.gateway
  await gateway.keysSettled(5_000)
  for (const path of ['/health/live', '/health/ready']) {
    const answer = await send(adminUrl, { path })
    assert.equal(answer.status, 200, answer.body)
    const head = await send(adminUrl, { method: 'HEAD', path })
    assert.deepEqual([head.status, head.body], [200, ''])
  }
  await refuseAt(adminUrl, scene, { method: 'POST', path: '/health/live' }, { code: 'route.method_not_allowed' })
})

test('a gateway without keys is ready once it has tried to get them', async t => {
  const scene = await openScene(t, { settings: settings(), keyServer: 'hang' })
  const waiting = await send(scene.gateway.adminUrl, { path: '/health/ready' })
  assert.equal(waiting.status, 503)
  scene.keys.mode = 'ok'
  await scene.gateway.gateway.keysSettled(5_000)
  assert.equal((await send(scene.gateway.adminUrl, { path: '/health/ready' })).status, 200)
})

test('with credentials in admin_api they count, and nothing else; open metrics are open', async t => {
  const admin = 'admin_api: { user: operator, password: "s3cret-of-admin", admin_path: /ops, open_metrics: true }'
  const scene = await openScene(t, { settings: settings(admin) })
  const { adminUrl } = scene.gateway
  assert.equal((await send(adminUrl, { path: '/ops/status', basic: 'operator:s3cret-of-admin' })).status, 200)
  assert.equal((await send(adminUrl, { path: '/metrics' })).status, 200)
  const challenge = [`Basic realm="${REALM}", charset="UTF-8"`]
  for (const basic of ['operator:wrong', 'Operator:s3cret-of-admin', ':s3cret-of-admin', 'operator:'])
    await refuseAt(adminUrl, scene, { path: '/ops/status', basic }, { code: 'credentials.invalid', challenge })
  await refuseAt(
    adminUrl,
    scene,
    { path: '/ops/status', token: 's3cret-of-admin' },
    { code: 'credentials.missing', challenge },
  )
  await refuseAt(adminUrl, scene, { path: STATUS }, { code: 'route.not_found' })
  const shown = await send(adminUrl, { path: '/ops/settings', basic: 'operator:s3cret-of-admin' })
  assert.ok(!shown.body.includes('s3cret-of-admin'))
})

test('no API is reachable at the admin listener, and no admin page at an API listener', async t => {
  const scene = await openScene(t, { settings: settings() })
  const { adminUrl, folder } = scene.gateway
  const token = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
  for (const path of [
    '/orders',
    '/',
    '/anything',
    '/.well-known/jwks.json',
    '/rest/pub/apigateway/jwt/getJsonWebToken',
  ])
    await refuseAt(adminUrl, scene, { path, token }, { code: 'route.not_found' })
  await refuseAt(adminUrl, scene, { path: '/health/../orders' }, { code: 'request.path_invalid' })
  // An API at the root takes these paths like any other: its upstream answers, not the gateway.
  for (const path of [...CLOSED, '/health/ready', '/health/live']) {
    const { answer, record } = await scene.pass({ path, token })
    assert.equal(answer.body, 'ok')
    assert.equal(record['microgateway.api'], 'all')
  }
  await scene.refuse({ path: '/orders/../metrics', token }, { code: 'request.path_invalid' })
})
