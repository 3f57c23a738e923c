/** One record a request, with what an operator needs and nothing that is secret; the id in it is the one in the answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send, toAnswer } from '../support/call.ts'
import { makePasswordHash } from '../support/password-hash.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { openScene, type Places } from '../support/scene.ts'
import { until } from '../support/upstream.ts'

const hash = makePasswordHash('pw-SECRET')

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const settings =
  (more = '') =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
${more}
users: [ { name: alice, password_hash: "${hash}" } ]
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}", audience: orders } }
applications:
  - id: billing
    name: billing-batch
    apis: [ orders ]
    identifiers: { claim_sets: [ { sub: billing } ], api_keys: [ key-SECRET ], users: [ alice ] }
apis:
  - name: orders
    version: "1.4"
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { jwt: {} }, { api_key: {} }, { http_basic: {} } ] } ]
    routes: [ { match: "ANY /v1/items/{id}" } ]
`

test('a request that passed', async t => {
  const scene = await openScene(t, { settings: settings() })
  const token = await scene.keys.sign({ sub: 'billing', aud: 'orders' })
  const { answer, record } = await scene.pass({
    method: 'POST',
    path: '/orders/v1/items/7?q=query-SECRET',
    token,
    body: 'four',
    lines: [
      'User-Agent',
      'test/1 \u001b[31m"quoted"'.replace('\u001b', '\t'),
      'Cookie',
      'cookie-SECRET',
      'Referer',
      'http://referer-SECRET/',
    ],
  })
  assert.match(answer.field('x-request-id') ?? '', UUID)
  const { time, ...rest } = record
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000)
  const durations = ['event.duration', 'microgateway.auth_ms', 'microgateway.upstream_ms']
  for (const name of durations) assert.ok(Number(rest[name]) >= 0, name)
  assert.deepEqual(Object.fromEntries(Object.entries(rest).filter(([name]) => !durations.includes(name))), {
    level: 'info',
    'http.request.id': answer.field('x-request-id'),
    'http.request.method': 'POST',
    'url.scheme': 'http',
    'url.path': '/orders/v1/items/7',
    'http.route': '/orders/v1/items/{id}',
    'http.response.status_code': 200,
    'client.address': '127.0.0.1',
    'network.protocol.version': '1.1',
    'http.request.body.bytes': 4,
    'http.response.body.bytes': 2,
    'user_agent.original': 'test/1 \\x09[31m"quoted"',
    'microgateway.api': 'orders',
    'microgateway.api_version': '1.4',
    'microgateway.application': 'billing',
    'microgateway.auth_server': 'idp',
    'microgateway.decision': 'allow',
  })
})

test('no secret gets into the log, whatever is refused', async t => {
  const scene = await openScene(t, { settings: settings('logging: { level: trace }') })
  const { gateway, keys } = scene
  const path = '/orders/v1/items/7?access_token=query-SECRET&x=query-SECRET'
  const tokens = await Promise.all([
    keys.sign({ sub: 'billing', aud: 'claim-SECRET' }),
    keys.sign({ sub: 'sub-SECRET' }),
    keys.sign({ exp: 1, sub: 'sub-SECRET' }),
    keys.sign({ exp: 'claim-SECRET' }),
  ])
  for (const token of tokens) await scene.call({ path, token })
  await scene.call({ path, token: `${tokens[0]}x` })
  await scene.call({ path, token: 'opaque-SECRET' })
  await scene.call({ path, apiKey: 'wrong-SECRET' })
  await scene.call({ path, apiKey: 'key-SECRET' })
  await scene.call({ path, basic: 'alice:pw-SECRET' })
  await scene.call({ path, basic: 'alice:wrong-SECRET' })
  await scene.call({ path, basic: 'user-SECRET:wrong-SECRET' })
  await scene.call({ path, lines: ['Authorization', 'Digest response="digest-SECRET"'] })
  await scene.call({ path, lines: ['Authorization', 'Bearer a-SECRET b-SECRET'] })
  await scene.call({ path: '/orders/../a?x=query-SECRET' })
  await scene.call({ path: '/nowhere?x=query-SECRET' })
  const socket = await openRawSocket({ port: Number(new URL(gateway.url).port) })
  socket.send('GET /x?query-SECRET HTTP/1.1\r\nHost: x\r\nBad Header: header-SECRET\r\n\r\n')
  const answer = toAnswer(await socket.closed())
  await gateway.recordOf(answer.field('x-request-id') ?? null)

  const log = gateway.log.map(line => JSON.stringify(line)).join('\n')
  const shown = log.split('\n').filter(line => line.includes('SECRET'))
  assert.deepEqual(shown, [])
  for (const token of tokens) for (const part of token.split('.')) assert.ok(!log.includes(part))
  const records = gateway.log.filter(line => line['http.request.id'] !== undefined)
  assert.equal(new Set(records.map(line => line['http.request.id'])).size, records.length, 'one record a request')
})

test('bytes that never became a request have a record, and its id is in the answer', async t => {
  const scene = await openScene(t, { settings: settings() })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send('\x16\x03\x01\x02\x00\x01\x00')
  const answer = toAnswer(await socket.closed())
  assert.equal(answer.status, 400)
  const record = await scene.gateway.recordOf(answer.field('x-request-id') ?? null)
  assert.equal(record['error.type'], 'request.malformed')
  assert.equal(record['http.request.method'], undefined)
})

test('the combined form has one line a request, which no caller can break', async t => {
  const scene = await openScene(t, { settings: settings('logging: { access_log: combined }') })
  await send(scene.gateway.url, { path: '/orders/v1/items/7?q=SECRET', lines: ['User-Agent', 'a"b\\c\td'] })
  const isLine = (text: unknown): boolean => String(text).startsWith('127.0.0.1 - ')
  await until(() => scene.gateway.log.some(line => isLine(line.msg)), 'the line')
  const [line] = scene.gateway.log.filter(({ msg }) => isLine(msg))
  assert.match(
    String(line?.msg),
    /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/orders\/v1\/items\/7 HTTP\/1\.1" 401 \d+ "-" "a\\"b\\\\c\\x09d"$/,
  )
})

test('with the access log off there is no record, and requests are answered', async t => {
  const scene = await openScene(t, { settings: settings('logging: { access_log: off }') })
  const answer = await scene.call()
  assert.match(answer.field('x-request-id') ?? '', UUID)
  assert.equal(
    scene.gateway.log.some(line => line['http.request.id'] !== undefined),
    false,
  )
})
