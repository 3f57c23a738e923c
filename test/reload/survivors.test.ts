/** Product.md 2, hot reload: what a change leaves alone survives it warm. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword } from '../../src/credentials/password-hash.ts'
import { send } from '../support/call.ts'
import { openGateway } from '../support/gateway.ts'
import { startKeyServer } from '../support/key-server.ts'
import { readMetric } from '../support/reloads.ts'
import { openScene, type Places } from '../support/scene.ts'
import { until } from '../support/upstream.ts'

const settings = (name: string, { upstream, jwksUri, issuer }: Places, more = ''): string => `
name: ${name}
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
${more}`

test('key sets, connections, verdicts and counters', async t => {
  const scene = await openScene(t, { settings: places => settings('one', places) })
  const { gateway, upstream, keys } = scene
  const places = { upstream: upstream.origin, jwksUri: keys.jwksUri, issuer: keys.issuer }
  const token = await keys.sign()
  await scene.pass({ token })
  assert.deepEqual([keys.requests, upstream.connections()], [1, 1])

  const more = '  - { name: more, upstream: "builtin:echo", open: true }\n'
  assert.equal((await gateway.reload(settings('two', places, more))).result, 'applied')
  await scene.pass({ token })
  assert.deepEqual([keys.requests, upstream.connections()], [1, 1], 'no fetch, and the same connection')
  const counted =
    'http_server_request_duration_seconds_count{http_request_method="GET",url_scheme="http",http_response_status_code="200",http_route="/orders/*"'
  assert.equal(await readMetric(gateway, counted), 2)

  assert.equal((await gateway.reload(settings('three', places))).result, 'applied')
  await scene.pass({ token: await keys.sign({ sub: 'another' }) })
  assert.deepEqual([keys.requests, upstream.connections()], [1, 1])
  assert.equal(await readMetric(gateway, counted), 3)
  assert.equal(gateway.gateway.view.authServers()[0]?.keys.keys, 1)
})

test('a route that is gone leaves no trace in the metrics, and begins at nothing when it comes back', async t => {
  const one = 'apis: [ { name: one, upstream: "builtin:echo", open: true } ]\n'
  const other = 'apis: [ { name: other, upstream: "builtin:echo", open: true } ]\n'
  const running = await openGateway(t, { settings: one })
  const counted =
    'http_server_request_duration_seconds_count{http_request_method="GET",url_scheme="http",http_response_status_code="200",http_route="/one/*"'
  await send(running.url, { path: '/one' })
  assert.equal(await readMetric(running, counted), 1)
  await running.reload(other)
  assert.equal(await readMetric(running, counted), undefined)
  await running.reload(one)
  await send(running.url, { path: '/one' })
  assert.equal(await readMetric(running, counted), 1)
})

test('other timeouts are another connection, and the old one is closed', async t => {
  const scene = await openScene(t, { settings: places => settings('one', places) })
  const { gateway, upstream, keys } = scene
  const token = await keys.sign()
  await scene.pass({ token })
  const places = { upstream: upstream.origin, jwksUri: keys.jwksUri, issuer: keys.issuer }
  const target = `upstream: { targets: [ "${upstream.origin}" ], response_timeout: 7s }`
  const changed = settings('two', places).replace(`upstream: "${upstream.origin}"`, target)
  const status = await gateway.reload(changed)
  assert.equal(status.result, 'applied', JSON.stringify(status.problems))
  await scene.pass({ token })
  assert.equal(upstream.connections(), 2)
  await until(() => upstream.open() === 1, 'the old connection to be closed')
})

test('an auth server that moves is fetched anew, and its old keys count no more', async t => {
  const scene = await openScene(t, { settings: places => settings('one', places) })
  const { gateway, upstream, keys } = scene
  const moved = await startKeyServer()
  t.after(() => moved.close())
  const token = await keys.sign()
  await scene.pass({ token })
  const places = { upstream: upstream.origin, jwksUri: moved.jwksUri, issuer: keys.issuer }
  await gateway.reload(settings('two', places))
  await scene.refuse({ token }, { code: 'token.key_unknown', challenge: 'invalid_token' })
  await scene.pass({ token: await moved.sign({ iss: keys.issuer }) })
  assert.equal(keys.requests, 1, 'the old place is not asked again')
})

test('what is remembered of passwords', async t => {
  const hash = await hashPassword('correct horse')
  const users = (name: string) => `
name: ${name}
users: [ { name: alice, password_hash: "${hash}" } ]
applications: [ { id: app, name: app, apis: [ orders ], identifiers: { users: [ alice ] } } ]
apis:
  - name: orders
    upstream: "builtin:echo"
    policies: [ identify_and_authorize: { rules: [ { http_basic: {} } ] } ]
`
  const { url, reload, recordOf } = await openGateway(t, { settings: users('one') })
  const basic = 'alice:correct horse'
  const measure = async () => {
    const answer = await send(url, { basic })
    assert.equal(answer.status, 200)
    return Number((await recordOf(answer.field('x-request-id') ?? null))['microgateway.auth_ms'])
  }
  const first = await measure()
  assert.equal((await reload(users('two'))).result, 'applied')
  const second = await measure()
  assert.ok(second < first / 2, `checked again: ${first} ms, then ${second} ms`)
})
