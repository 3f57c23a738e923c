import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createUpstreamPool, type PoolSettings, poolKey } from '../../../src/upstream/pool.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { codeOfOutcome, makeTarget } from '../../support/http-target.ts'
import { startUpstream, until } from '../../support/upstream.ts'

const settings: PoolSettings = { origin: 'http://127.0.0.1:1', connectTimeoutMs: 1000, responseTimeoutMs: 1000 }

describe('a pool', () => {
  it('has one key for equal settings, and another for each difference', () => {
    assert.equal(poolKey(settings), poolKey({ ...settings, maxInFlight: 1024 }))
    const others = [
      { origin: 'http://127.0.0.1:2' },
      { connectTimeoutMs: 2 },
      { responseTimeoutMs: 2 },
      { silenceMs: 2 },
    ]
    assert.equal(new Set(others.map(other => poolKey({ ...settings, ...other }))).size, others.length)
  })

  it('opens no connection before the first request, and closes', async () => {
    const upstream = await startUpstream('ok')
    const pool = createUpstreamPool({ ...settings, origin: upstream.origin })
    await pool.close()
    assert.equal(upstream.connections(), 0)
    await upstream.close()
  })

  it('counts requests in and out', () => {
    const pool = createUpstreamPool({ ...settings, maxInFlight: 1 })
    assert.deepEqual([pool.enter(), pool.enter()], [true, false])
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
