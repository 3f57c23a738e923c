import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from '../support/gateway.ts'
import { startKeyServer } from '../support/key-server.ts'
import { startUpstream } from '../support/upstream.ts'

test('a caller without a token is refused and the upstream sees nothing; with one it is forwarded', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const keys = await startKeyServer()
  t.after(() => keys.close())
  const { url, recordOf } = await openGateway(t, {
    settings: `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: https://idp.example.com, jwksuri: "${keys.jwksUri}", audience: orders }
apis:
  - { name: orders, upstream: "${upstream.origin}", policies: [ jwt: idp ] }
`,
  })

  const refused = await fetch(`${url}/orders/v1/items`)
  assert.equal(refused.status, 401)
  assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="orders"')
  const problem = (await refused.json()) as { code: string }
  assert.equal(problem.code, 'credentials.missing')
  assert.equal(upstream.requests.length, 0)

  const token = await keys.sign({ iss: 'https://idp.example.com', aud: 'orders', sub: 'alice' })
  const answered = await fetch(`${url}/orders/v1/items?page=2`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(answered.status, 200)
  await answered.text()
  assert.equal(upstream.requests.length, 1)
  assert.equal(upstream.requests[0]?.url, '/orders/v1/items?page=2')

  const record = await recordOf(answered.headers.get('x-request-id'))
  assert.equal(record['microgateway.auth_server'], 'idp')
  assert.equal(record['http.route'], '/orders/*')
  assert.ok(!JSON.stringify(record).includes('page=2'), 'a query value is never logged')
})
