import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createUpstreamPool, type PoolSettings, poolKey } from '../../../src/upstream/pool.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { codeOfOutcome, makeTarget } from '../../support/http-target.ts'
import { samplePool } from '../../support/sample-pool.ts'
import { trustOnly } from '../../support/stores.ts'
import { startUpstream, until } from '../../support/upstream.ts'

const settings: PoolSettings = samplePool()

describe('a pool', () => {
  it('has one key for equal settings, and another for each difference', () => {
    assert.equal(poolKey(settings), poolKey({ ...settings }))
    const others: readonly Partial<PoolSettings>[] = [
      { origin: 'http://127.0.0.1:2' },
      { protocol: 'http2' },
      { connectTimeoutMs: 2 },
      { responseTimeoutMs: 2 },
      { silenceMs: 2 },
      { maxConnections: 2 },
      { maxPending: 2 },
      { tls: trustOnly('PEM') },
    ]
    assert.deepEqual(Object.keys(settings).length + 1, others.length, 'every setting is tried')
    const keys = [settings, ...others.map(other => ({ ...settings, ...other }))].map(poolKey)
    assert.equal(new Set(keys).size, others.length + 1)
  })

  it('opens no connection before the first request, and closes', async () => {
    const upstream = await startUpstream('ok')
    const pool = createUpstreamPool({ ...settings, origin: upstream.origin })
    await pool.close()
    assert.equal(upstream.connections(), 0)
    await upstream.close()
  })

  it('counts requests in and out', () => {
    const pool = createUpstreamPool({ ...settings, maxConnections: 1, maxPending: 1 })
    assert.deepEqual([pool.enter(), pool.enter(), pool.enter()], [true, true, false])
    pool.leave()
    assert.equal(pool.enter(), true)
  })

  it('lets requests under way end before it closes, and takes none afterwards', async t => {
    let answer = (): void => undefined
    const upstream = await startUpstream((_request, response) => {
      answer = () => response.end('ok')
    })
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin])
    const reply = new FakeReply()
    const outcome = target.call(makeExchange(), reply)
    await until(() => upstream.requests.length === 1, 'the request')
    const closed = target.pools[0]?.close()
    assert.equal(codeOfOutcome(await target.call(makeExchange(), new FakeReply())), 'denied gateway.stopping')
    answer()
    assert.deepEqual(await outcome, { kind: 'replied', status: 200 })
    await closed
    await until(() => upstream.open() === 0, 'the connection to close')
  })

  it('breaks requests under way off when it is destroyed', async t => {
    const upstream = await startUpstream('never')
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin])
    const outcome = target.call(makeExchange(), new FakeReply())
    await until(() => upstream.requests.length === 1, 'the request')
    await target.pools[0]?.destroy()
    assert.equal(codeOfOutcome(await outcome), 'denied gateway.stopping')
  })
})
