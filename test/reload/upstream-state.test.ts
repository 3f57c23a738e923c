/** Product.md 2, hot reload: what is known of the targets of an upstream survives a change of other things. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from '../support/call.ts'
import { startCluster } from '../support/cluster.ts'
import { openGateway } from '../support/gateway.ts'
import { readMetric } from '../support/reloads.ts'
import { until } from '../support/upstream.ts'

test('ejections, circuits and counts survive a reload of other things, and no reload of their own settings', async t => {
  const cluster = await startCluster(t, 2, (_request, response) => response.writeHead(503).end())
  const settings = (name: string, failures = 1): string => `
name: ${name}
apis:
  - name: orders
    open: true
    upstream:
      targets: ${cluster.yaml}
      outliers: { failures: ${failures}, ejection: 60s }
      circuit_breaker: { min_requests: 4, open_for: 60s }
`
  const running = await openGateway(t, { settings: settings('one') })
  const look = () => running.gateway.view.upstreams()[0]
  for (let i = 0; i < 4; i++) await send(running.url)
  const before = look()
  assert.deepEqual([before?.circuit, before?.targets[0]?.condition], ['open', 'ejected'])

  assert.equal((await running.reload(settings('two'))).result, 'applied')
  assert.deepEqual(look(), before)
  assert.equal((await send(running.url)).json()['code'], 'upstream.circuit_open')
  assert.equal(await readMetric(running, 'microgateway_upstream_circuit_state{api="orders"}'), 2)

  assert.equal((await running.reload(settings('three', 7))).result, 'applied')
  assert.deepEqual([look()?.circuit, look()?.targets[0]?.condition], ['closed', 'healthy'])
})

test('health checks end with the last snapshot that asks for them', async t => {
  const cluster = await startCluster(t, 1)
  const settings = (name: string, check: string): string => `
name: ${name}
apis: [ { name: orders, open: true, upstream: { targets: ${cluster.yaml}${check} } } ]
`
  const check = ', health_check: { path: /health, interval: 10ms }'
  const running = await openGateway(t, { settings: settings('one', check) })
  await until(() => cluster.seen(0) > 2, 'checks')
  assert.equal((await running.reload(settings('two', check))).result, 'applied')
  const atReload = cluster.seen(0)
  await until(() => cluster.seen(0) > atReload + 2, 'checks after the reload')
  assert.equal((await running.reload(settings('three', ''))).result, 'applied')
  await until(() => cluster.at(0).open() === 0, 'their connection to be closed')
  const atEnd = cluster.seen(0)
  for (let turn = 0; turn < 20; turn++) await send(running.url)
  assert.equal(cluster.seen(0), atEnd + 20)
})
