import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { codeOfOutcome, makeTarget } from '../../support/http-target.ts'
import { connectPair } from '../../support/socket-pair.ts'
import { startUpstream, startWebSocketUpstream, until } from '../../support/upstream.ts'

describe('the connections to an HTTP/1.1 target', () => {
  it('are no more than the settings allow, and the others wait their turn', async t => {
    const waiting: ServerResponse[] = []
    const upstream = await startUpstream((_request, response) => waiting.push(response))
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], { settings: { maxConnections: 2, maxPending: 10 } })
    const outcomes = Array.from({ length: 6 }, () => target.call(makeExchange(), new FakeReply()))
    await until(() => waiting.length === 2, 'two requests')
    for (let done = 0; done < 6; done++) {
      await until(() => waiting.length > done, `request ${done}`)
      assert.ok(upstream.open() <= 2)
      waiting[done]?.end('ok')
    }
    assert.ok((await Promise.all(outcomes)).every(({ kind }) => kind === 'replied'))
    assert.equal(upstream.connections(), 2)
  })

  it('are not waited for longer than one may take to open: 503 upstream.overloaded', async t => {
    const upstream = await startUpstream('never')
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], {
      settings: { maxConnections: 1, maxPending: 1, connectTimeoutMs: 1200, responseTimeoutMs: 5000 },
    })
    const first = new FakeReply()
    const outcome = target.call(makeExchange(), first)
    await until(() => upstream.requests.length === 1, 'the first request')
    const startedAt = performance.now()
    const waiting = target.call(makeExchange(), new FakeReply())
    assert.equal(codeOfOutcome(await target.call(makeExchange(), new FakeReply())), 'denied upstream.overloaded')
    assert.ok(performance.now() - startedAt < 200, 'who finds the line full hears it at once')
    assert.equal(codeOfOutcome(await waiting), 'denied upstream.overloaded')
    const waited = performance.now() - startedAt
    assert.ok(waited >= 1190 && waited < 1500, `${waited} ms`)
    first.leave()
    await outcome
    assert.equal(upstream.requests.length, 1)
  })

  it('are given up for a caller who left while waiting, and go to the next', async t => {
    const upstream = await startUpstream('sse')
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], { settings: { maxConnections: 1, maxPending: 5 } })
    const [first, second, third] = [new FakeReply(), new FakeReply(), new FakeReply()]
    const outcomes = [first, second, third].map(reply => target.call(makeExchange(), reply))
    await until(() => first.bytes > 0, 'the first answer')
    second.leave()
    first.leave()
    await until(() => third.bytes > 0, 'the third answer')
    third.leave()
    assert.deepEqual(
      (await Promise.all(outcomes)).map(({ kind }) => kind),
      ['abandoned', 'abandoned', 'abandoned'],
    )
    assert.equal(upstream.open() <= 1, true)
  })

  it('are waited for by those who still want an answer: who left makes room in the line', async t => {
    const upstream = await startUpstream('sse')
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], {
      settings: { maxConnections: 1, maxPending: 1, connectTimeoutMs: 5000 },
    })
    const [first, second, third] = [new FakeReply(), new FakeReply(), new FakeReply()]
    const outcomes = [target.call(makeExchange(), first)]
    await until(() => first.bytes > 0, 'the first answer')
    outcomes.push(target.call(makeExchange(), second))
    second.leave()
    outcomes.push(target.call(makeExchange(), third))
    first.leave()
    await until(() => third.bytes > 0, 'the third answer')
    third.leave()
    assert.deepEqual((await Promise.all(outcomes)).map(codeOfOutcome), ['abandoned', 'abandoned', 'abandoned'])
  })

  it('count a tunnel until it is closed', async t => {
    const upstream = await startWebSocketUpstream()
    t.after(() => upstream.close())
    const pair = await connectPair()
    t.after(() => pair.near.destroy())
    const target = makeTarget(t, [upstream.origin], {
      settings: { maxConnections: 1, maxPending: 1, connectTimeoutMs: 200 },
    })
    const reply = new FakeReply({ connection: pair.far })
    const lines = ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA==']
    const outcome = target.call(makeExchange({ lines, head: { upgrade: 'websocket' } }), reply)
    await until(() => reply.state === 'switched', 'the tunnel')
    assert.equal(codeOfOutcome(await target.call(makeExchange(), new FakeReply())), 'denied upstream.overloaded')
    pair.near.destroy()
    await outcome
    const next = new FakeReply()
    await target.call(makeExchange(), next)
    assert.equal(next.status, 426)
  })

  it('are given up on time where one does not open: 504 upstream.connect_timeout', async t => {
    // A listener that takes no connection, and a queue that is full.
    const server = createServer({ pauseOnConnect: true })
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 })
    await until(() => server.listening, 'the listener')
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const target = makeTarget(t, [`https://127.0.0.1:${port}`], { settings: { connectTimeoutMs: 1100 } })
    const startedAt = performance.now()
    const outcome = await target.call(makeExchange(), new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied upstream.connect_timeout')
    const waited = performance.now() - startedAt
    assert.ok(waited >= 1090 && waited < 1400, `${waited} ms`)
  })
})
