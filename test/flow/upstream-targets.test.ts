/** Several targets: one that fails is no failure of the service, and one that is out comes back. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TargetStatus } from '../../src/upstream/target-group.ts'
import { type Answer, send } from '../support/call.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { openGateway, type TestGateway } from '../support/gateway.ts'
import { readMetric, readStatus } from '../support/reloads.ts'
import { judgeRefusal } from '../support/scene.ts'

async function openFor(t: TestContext, cluster: Cluster, upstream: string): Promise<TestGateway> {
  return openGateway(t, {
    settings: `
apis:
  - name: orders
    open: true
    upstream: { targets: ${cluster.yaml}, connect_timeout: 500ms, response_timeout: 1s${upstream} }
`,
  })
}

async function callMany({ url }: TestGateway, times: number, method = 'GET'): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (let i = 0; i < times; i++)
    answers.push(await send(url, method === 'POST' ? { method, body: `order ${i}` } : { method }))
  return answers
}

const statusesOf = (answers: readonly Answer[]): readonly number[] => [...new Set(answers.map(({ status }) => status))]
const targetOf = ({ gateway }: TestGateway, index: number): TargetStatus | undefined =>
  gateway.view.upstreams()[0]?.targets[index]
const seenBy = (cluster: Cluster): readonly number[] => cluster.targets.map((_, index) => cluster.seen(index))

/** Waits until a target is as it should be, calling meanwhile. */
async function whenTarget(
  gateway: TestGateway,
  index: number,
  isWanted: (target: TargetStatus) => boolean,
): Promise<void> {
  const look = async (): Promise<TargetStatus | undefined> => {
    await send(gateway.url)
    return targetOf(gateway, index)
  }
  await eventually(look, target => target !== undefined && isWanted(target))
}

for (const balance of ['round_robin', 'least_requests', 'consistent_hash']) {
  test(`${balance}: no idempotent request fails while one of three targets is down`, async t => {
    const cluster = await startCluster(t, 3)
    const gateway = await openFor(t, cluster, `, balance: ${balance}, retry: { budget: 100 }`)
    assert.deepEqual(statusesOf(await callMany(gateway, 9)), [200])
    const before = seenBy(cluster)
    if (balance === 'consistent_hash') assert.deepEqual(before.toSorted(), [0, 0, 9], 'one caller, one target')
    else assert.deepEqual(before, [3, 3, 3])

    const victim = before.indexOf(Math.max(...before))
    await cluster.kill(victim)
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
      assert.deepEqual(statusesOf(await callMany(gateway, 6, method)), [200], method)
    assert.equal(cluster.seen(victim), before[victim])
    assert.equal(targetOf(gateway, victim)?.condition, 'ejected')
    assert.ok((gateway.gateway.view.upstreams()[0]?.retries ?? 0) >= 5)
  })
}

test('a POST reaches an upstream at most once, and one that was not sent goes to another target', async t => {
  const cluster = await startCluster(t, 2)
  const gateway = await openFor(t, cluster, ', outliers: { failures: 0 }')
  await cluster.kill(0)
  assert.deepEqual(statusesOf(await callMany(gateway, 6, 'POST')), [200])
  assert.equal(cluster.seen(1), 6)
  await cluster.restart(0, 'reset_before_head')
  const answers = await callMany(gateway, 6, 'POST')
  assert.deepEqual(statusesOf(answers).toSorted(), [200, 502])
  assert.deepEqual(seenBy(cluster), [3, 9], 'each of the six was seen by one target, once')
})

test('a target that fails again and again is taken out, is seen to be, and comes back', async t => {
  const cluster = await startCluster(t, 2)
  const gateway = await openFor(t, cluster, ', outliers: { failures: 2, ejection: 300ms, slow_return: 200ms }')
  await cluster.restart(0, (_request, response) => response.writeHead(503).end())
  await callMany(gateway, 4)
  assert.equal(targetOf(gateway, 0)?.condition, 'ejected')
  assert.deepEqual(statusesOf(await callMany(gateway, 10)), [200])
  const { upstreams = {} } = await readStatus(gateway)
  const { targets } = upstreams[0] as { readonly targets: readonly object[] }
  assert.partialDeepStrictEqual(targets[0], {
    state: 'ejected',
    share: 0,
    ejections: 1,
    last_reason: 'status 503',
  })
  const labels = `{api="orders",target="${cluster.targets[0]}"}`
  assert.equal(await readMetric(gateway, `microgateway_upstream_up${labels}`), 0)
  assert.equal(await readMetric(gateway, `microgateway_upstream_ejections_total${labels}`), 1)

  await cluster.restart(0)
  await whenTarget(gateway, 0, ({ condition, share }) => condition === 'returning' || share === 1)
  await whenTarget(gateway, 0, ({ condition }) => condition === 'healthy')
  const before = cluster.seen(0)
  assert.deepEqual(statusesOf(await callMany(gateway, 10)), [200])
  assert.equal(cluster.seen(0) - before, 5, 'its full share')
  const told = gateway.log.filter(({ msg }) => msg?.startsWith('an upstream target'))
  assert.deepEqual(
    told.map(({ level, msg, target }) => [level, msg, target]),
    [
      ['warn', 'an upstream target is out', cluster.targets[0]],
      ['info', 'an upstream target is back', cluster.targets[0]],
    ],
  )
})

test('where every target is out, all are used: the service is not given up', async t => {
  const cluster = await startCluster(t, 2, (_request, response) => response.writeHead(503).end())
  const gateway = await openFor(t, cluster, ', outliers: { failures: 1, ejection: 60s, max_ejected: 100 }')
  assert.deepEqual(statusesOf(await callMany(gateway, 6)), [503])
  assert.deepEqual(
    [0, 1].map(index => targetOf(gateway, index)?.condition),
    ['ejected', 'ejected'],
  )
  await cluster.restart(1, 'ok')
  await whenTarget(gateway, 1, ({ condition }) => condition !== 'ejected')
  assert.deepEqual(statusesOf(await callMany(gateway, 6)), [200])
})

test('a target that fails its health check gets no requests until it is well again', async t => {
  let isWell = true
  const cluster = await startCluster(t, 2, (request, response) => {
    response.writeHead(request.url === '/health' && !isWell ? 500 : 200).end()
  })
  const check = ', health_check: { path: /health, interval: 30ms, unhealthy_after: 2, healthy_after: 2 }'
  const gateway = await openFor(t, cluster, `${check}, outliers: { slow_return: 10ms }`)
  await cluster.restart(1, (_request, response) => response.writeHead(200).end())
  const ordersSeenBy = (index: number): number =>
    cluster.at(index).requests.filter(({ url }) => url !== '/health').length

  isWell = false
  await whenTarget(gateway, 0, ({ condition }) => condition === 'unhealthy')
  const before = ordersSeenBy(0)
  assert.deepEqual(statusesOf(await callMany(gateway, 10)), [200])
  assert.equal(ordersSeenBy(0), before)
  assert.equal(targetOf(gateway, 0)?.lastReason, 'health check: status 500')
  assert.ok((targetOf(gateway, 0)?.failedChecks ?? 0) >= 2)

  isWell = true
  await whenTarget(gateway, 0, ({ condition }) => condition === 'healthy')
  await callMany(gateway, 4)
  assert.ok(ordersSeenBy(0) > before)
})

test('an open circuit refuses without a call, tries one, and closes', async t => {
  const cluster = await startCluster(t, 1)
  const breaker = ', circuit_breaker: { failure_ratio: 50, min_requests: 4, open_for: 400ms }'
  const gateway = await openFor(t, cluster, breaker)
  assert.deepEqual(statusesOf(await callMany(gateway, 2)), [200])
  await cluster.restart(0, (_request, response) => response.writeHead(504).end())
  assert.deepEqual(statusesOf(await callMany(gateway, 2)), [504])
  const before = { requests: cluster.seen(0), connections: cluster.at(0).connections() }
  const refused = await send(gateway.url)
  await judgeRefusal(refused, { code: 'upstream.circuit_open', decision: 'allow' }, gateway)
  assert.match(refused.field('retry-after') ?? '', /^\d+$/)
  assert.deepEqual({ requests: cluster.seen(0), connections: cluster.at(0).connections() }, before)
  assert.equal(await readMetric(gateway, 'microgateway_upstream_circuit_state{api="orders"}'), 2)

  await cluster.restart(0)
  const answer = await eventually(
    () => send(gateway.url),
    ({ status }) => status !== 503,
  )
  assert.equal(answer.status, 200)
  assert.equal(gateway.gateway.view.upstreams()[0]?.circuit, 'closed')
  assert.deepEqual(statusesOf(await callMany(gateway, 3)), [200])
  assert.deepEqual(
    gateway.log.flatMap(({ circuit }) => (circuit === undefined ? [] : [circuit])),
    ['open', 'half_open', 'closed'],
  )
})

test('a target that does not answer costs one time-out, not the request', async t => {
  const cluster = await startCluster(t, 2)
  const gateway = await openFor(t, cluster, ', outliers: { failures: 1 }')
  await cluster.restart(0, 'never')
  assert.deepEqual(statusesOf(await callMany(gateway, 4)), [200])
  assert.equal(targetOf(gateway, 0)?.lastReason, 'upstream.response_timeout')
  assert.equal(cluster.seen(0), 1)
})
