import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from '../../support/gateway.ts'
import { startKeyServer } from '../../support/key-server.ts'

const API = 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n'

test('listeners of reloads are told each end, until they want no more', async t => {
  const { gateway, reload } = await openGateway(t, { settings: API })
  const ends: string[] = []
  const stop = gateway.onReload(({ result }) => ends.push(result))
  await gateway.reload('signal')
  await reload(`name: other\n${API}`)
  await reload('nmae: other')
  stop()
  await reload(API)
  assert.deepEqual(ends, ['unchanged', 'applied', 'refused'])
})

test('the view is that of the moment: settings in force and since when, listeners, the last reload', async t => {
  const { gateway, reload, url } = await openGateway(t, { settings: API })
  const { view } = gateway
  const first = view.inForce()
  assert.equal(view.lastReload(), gateway.started)
  assert.deepEqual(
    view.listeners().map(({ kind, accepting }) => [kind, accepting]),
    [
      ['http', true],
      ['admin', true],
    ],
  )
  assert.equal(view.listeners()[0]?.url, url)
  await reload(`name: other\n${API}`)
  assert.equal(view.inForce()?.settings.name, 'other')
  assert.ok((view.inForce()?.sinceMs ?? 0) >= (first?.sinceMs ?? 0))
  assert.equal(view.lastReload()?.reason, 'admin')
})

test('the state is written to the log as the status page shows it', async t => {
  const { gateway, log } = await openGateway(t, { settings: `name: edge\n${API}` })
  gateway.logState()
  const line = log.at(-1)
  assert.equal(line?.msg, 'state of the gateway')
  assert.partialDeepStrictEqual(line['state'], { state: 'ready', config: { name: 'edge', on_disk_in_force: true } })
})

test('waiting for keys ends when they are there, or when it has taken long enough', async t => {
  const { gateway } = await openGateway(t, { settings: API })
  await gateway.keysSettled(60_000)
  const keys = await startKeyServer()
  t.after(() => keys.close())
  keys.mode = 'hang'
  const { gateway: waiting } = await openGateway(t, {
    settings: `
security_settings:
  auth_servers: [ { name: idp, localIntrospectionConfig: { issuer: "https://idp", jwksuri: "${keys.jwksUri}" } } ]
${API}`,
  })
  await waiting.keysSettled(1)
  assert.equal(waiting.view.authServers()[0]?.keys.settled, false)
})

test('who drains is not ready, and says so to the end', async t => {
  const { gateway } = await openGateway(t, { settings: API })
  const stopped = gateway.stop()
  assert.equal(gateway.view.draining(), true)
  assert.equal(gateway.view.listeners()[0]?.accepting, false)
  assert.equal(await stopped, true)
  assert.equal(gateway.held(), 0)
})
