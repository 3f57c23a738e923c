import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { openGateway, refuseGateway } from '../../support/gateway.ts'

const API = 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n'

test('two gateways live in one process, each with its own settings, log and ports', async t => {
  const one = await openGateway(t, { settings: `name: one\n${API}` })
  const two = await openGateway(t, { settings: `name: two\n${API}` })
  await Promise.all([one, two].map(async ({ url }) => (await fetch(`${url}/orders`)).text()))
  assert.notEqual(one.url, two.url)
  assert.deepEqual([one.gateway.settings().name, two.gateway.settings().name], ['one', 'two'])
  const records = (lines: typeof one.log) => lines.filter(line => line['http.route'] === '/orders/*').length
  assert.deepEqual([records(one.log), records(two.log)], [1, 1])
})

test('a configuration with mistakes does not start, and says all of them', async t => {
  const why = await refuseGateway(t, { settings: 'apis: [ { name: a, upstreem: x } ]\nnmae: b\n' })
  assert.match(why, /upstreem/)
  assert.match(why, /nmae/)
})

test('a port in use does not start, and leaves nothing behind', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const why = await refuseGateway(t, { settings: `ports: { http: "127.0.0.1:0", admin: "127.0.0.1:${port}" }\n${API}` })
  assert.match(why, /`ports.admin` cannot be opened at 127.0.0.1:\d+: it is in use/)
})

test('an admin token that cannot be kept is a warning: the gateway serves, and nobody gets into the admin pages', async t => {
  const { gateway, adminUrl, url } = await openGateway(t, {
    settings: `state_dir: ./state\n${API}`,
    files: { state: 'a file where a folder should be' },
  })
  assert.equal((await fetch(`${url}/orders`)).status, 200)
  assert.equal(gateway.hasAdminToken, false)
  assert.ok(gateway.started.problems.some(({ message }) => message.includes('admin token')))
  const refused = await fetch(`${adminUrl}/rest/microgateway/status`, { headers: { authorization: 'Bearer x' } })
  assert.equal(refused.status, 401)
})

test('stopping twice is stopping once', async t => {
  const { gateway } = await openGateway(t, { settings: API })
  const [first, second] = [gateway.stop(), gateway.stop()]
  assert.equal(first, second)
  assert.equal(await first, true)
  assert.equal((await gateway.reload('admin')).reason, 'start', 'what stopped reloads no more')
})
