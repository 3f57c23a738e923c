/** threats.md 3.27: while the event loop is late or memory short, callers are refused early, and operators are not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessFacts } from '../../src/gateway/gateway.ts'
import { send } from '../support/call.ts'
import { eventually } from '../support/eventually.ts'
import { openGateway } from '../support/gateway.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { startUpstream } from '../support/upstream.ts'

const settings = (upstream: string, limits: string): string => `
limits: { ${limits} }
admin_api: { open_metrics: true }
apis: [ { name: orders, upstream: "${upstream}", open: true } ]
`

/** Keeps the event loop, which the gateway shares with its test, busy until the condition holds. */
async function keepBusy(forMs: number, until: () => boolean): Promise<void> {
  for (let turns = 0; turns < 50 && !until(); turns++) {
    const end = performance.now() + forMs
    while (performance.now() < end);
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('while the event loop is late again and again, requests are refused before anything is done for them', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const { url, adminUrl, log, recordOf, gateway } = await openGateway(t, {
    settings: settings(upstream.origin, 'max_event_loop_delay: 50ms'),
  })
  const kept = await openRawSocket({ port: Number(new URL(url).port) })
  assert.equal((await send(url, { path: '/orders' })).status, 200)

  await keepBusy(250, () => gateway.view.overload().guard !== undefined)
  kept.send('POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n')
  const received = await kept.until(/"code":"gateway\.overloaded"/)
  assert.match(received, /^HTTP\/1\.1 503 /)
  assert.match(received, /^retry-after: \d+\r$/im)
  assert.equal(upstream.requests.length, 1, 'the upstream saw nothing of it')
  const id = /^x-request-id: (\S+)\r$/im.exec(received)?.[1] ?? null
  assert.partialDeepStrictEqual(await recordOf(id), {
    'url.path': '/orders',
    'error.type': 'gateway.overloaded',
    'microgateway.facts': { reason: 'event_loop_delay' },
  })

  await t.test('operators are answered, and told', async () => {
    for (const path of ['/health/live', '/health/ready'])
      assert.equal((await send(adminUrl, { path })).status, 200, path)
    assert.match((await send(adminUrl, { path: '/health/ready' })).body, /requests are refused: event_loop_delay/)
    const { body } = await send(adminUrl, { path: '/metrics' })
    assert.match(body, /^microgateway_overload_requests_refused_total\{guard="event_loop_delay"\} 1$/m)
    assert.match(body, /^nodejs_eventloop_delay_max_seconds 0\.[1-9]/m)
  })
  await t.test('it is over when the event loop is punctual again', async () => {
    await eventually(
      async () => (await send(url, { path: '/orders' })).status,
      status => status === 200,
    )
    const told = log.filter(({ guard }) => guard === 'event_loop_delay')
    assert.deepEqual(
      told.map(({ level }) => level),
      ['warn', 'info'],
    )
    assert.partialDeepStrictEqual(told[0], { limit: 50, unit: 'ms' })
  })
  kept.destroy()
})

test('while the container is nearly full, requests are refused until there is room', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const facts = { residentMemoryBytes: 10, cpuSeconds: 1, nodeVersion: '0', memoryLimitBytes: 100 }
  const { url, adminUrl, reload } = await openGateway(t, {
    settings: settings(upstream.origin, 'max_memory_use: 90'),
    processFacts: (): ProcessFacts => facts,
  })
  const statusWhen = (wanted: number) =>
    eventually(
      async () => (await send(url, { path: '/orders' })).status,
      status => status === wanted,
    )
  await statusWhen(200)
  facts.residentMemoryBytes = 95
  await statusWhen(503)
  const seen = upstream.requests.length
  assert.equal((await send(url, { path: '/orders', method: 'POST', body: 'x' })).status, 503)
  assert.equal(upstream.requests.length, seen)
  assert.match((await send(adminUrl, { path: '/metrics' })).body, /^microgateway_overload\{guard="memory"\} 1$/m)
  assert.equal((await reload(settings(upstream.origin, 'max_memory_use: 99'))).result, 'applied')
  await statusWhen(200)
})
