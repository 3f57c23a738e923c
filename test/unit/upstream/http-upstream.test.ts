import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { RequestBodyError } from '../../../src/exchange/request-body-error.ts'
import { rewritePath } from '../../../src/upstream/destinations.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { codeOfOutcome, makeTarget, whenIdle } from '../../support/http-target.ts'
import { type Behaviour, startUpstream, type TestUpstream, until } from '../../support/upstream.ts'

async function start(t: TestContext, behaviour: Behaviour | RequestListener): Promise<TestUpstream> {
  const upstream = await startUpstream(behaviour)
  t.after(() => upstream.close())
  return upstream
}

describe('the path that goes upstream', () => {
  const cases: readonly [path: string, prefix: string, strip: number, expected: string][] = [
    ['/orders/v1', '', 0, '/orders/v1'],
    ['/orders/v1', '/shop', 0, '/shop/orders/v1'],
    ['/orders/v1', '/shop', 7, '/shop/v1'],
    ['/orders', '/shop', 7, '/shop'],
    ['/orders/', '/shop', 7, '/shop/'],
    ['/orders', '', 7, '/'],
    ['/', '', 0, '/'],
    ['/', '/shop', 0, '/shop/'],
  ]
  for (const [path, prefix, strip, expected] of cases) {
    it(`is ${expected} for ${path} to a target at ${prefix || 'the root'}${strip ? ', base path stripped' : ''}`, () => {
      assert.equal(rewritePath(path, prefix, strip), expected)
    })
  }

  it('has the query unchanged, and a base path of / is never stripped', async t => {
    const upstream = await start(t, 'ok')
    const target = makeTarget(t, [`${upstream.origin}/shop`], { basePath: '/', settings: { stripBasePath: true } })
    await target.call(makeExchange({ path: '/a', query: '?b=%zz&c=//..' }), new FakeReply())
    assert.equal(upstream.requests[0]?.url, '/shop/a?b=%zz&c=//..')
  })
})

describe('a request that is forwarded', () => {
  it('carries the host of its target and no framing when it has no body', async t => {
    const upstream = await start(t, 'ok')
    const target = makeTarget(t, [upstream.origin])
    const reply = new FakeReply()
    const outcome = await target.call(
      makeExchange({ lines: ['Host', 'api.example.com', 'Content-Length', '5', 'Accept', '*/*'] }),
      reply,
    )
    assert.deepEqual(outcome, { kind: 'replied', status: 200 })
    assert.equal(reply.text, 'ok')
    assert.equal(reply.state, 'ended')
    const raw = upstream.raw()
    assert.match(raw, /^GET \/orders\/v1 HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nconnection: keep-alive\r\nAccept: /)
    assert.doesNotMatch(raw, /content-length|transfer-encoding/i)
    assert.match(raw, /x-forwarded-host: api\.example\.com\r\n/)
    assert.match(raw, /x-request-id: request-1\r\n/)
  })

  it('sends a body of known length with exactly that length', async t => {
    const upstream = await start(t, 'ok')
    const target = makeTarget(t, [upstream.origin])
    const body = { stream: Readable.from([Buffer.from('hel'), Buffer.from('lo')], { objectMode: false }), length: 5 }
    const outcome = await target.call(makeExchange({ method: 'POST', body }), new FakeReply())
    assert.deepEqual(outcome, { kind: 'replied', status: 200 })
    assert.equal(upstream.requests[0]?.body.toString(), 'hello')
    assert.match(upstream.raw(), /content-length: 5\r\n\r\nhello$/)
  })

  it('sends a body of unknown length in chunks, also with GET', async t => {
    const upstream = await start(t, 'ok')
    const target = makeTarget(t, [upstream.origin])
    const stream = new Readable({ read() {} })
    const pending = target.call(makeExchange({ body: { stream } }), new FakeReply())
    await new Promise(resolve => setImmediate(resolve))
    stream.push('hello')
    stream.push(null)
    await pending
    assert.equal(upstream.requests[0]?.body.toString(), 'hello')
    assert.match(upstream.raw(), /transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/)
  })

  it('never opens a body of length zero', async t => {
    const upstream = await start(t, 'ok')
    const target = makeTarget(t, [upstream.origin])
    const exchange = makeExchange({ method: 'POST' })
    const body = { length: 0, open: () => assert.fail('opened') }
    await target.call({ ...exchange, body }, new FakeReply())
    assert.match(upstream.raw(), /content-length: 0\r\n\r\n$/)
  })

  it('passes methods it does not know, and takes turns among several targets', async t => {
    const [one, two] = [await start(t, 'ok'), await start(t, 'ok')]
    const target = makeTarget(t, [one.origin, two.origin])
    for (let i = 0; i < 4; i++) await target.call(makeExchange({ method: 'PURGE' }), new FakeReply())
    assert.deepEqual([one.requests.length, two.requests.length], [2, 2])
    assert.equal(one.requests[0]?.method, 'PURGE')
  })

  it('reuses its connection for the next request', async t => {
    const upstream = await start(t, 'ok')
    const target = makeTarget(t, [upstream.origin])
    for (let i = 0; i < 3; i++) {
      await target.call(makeExchange(), new FakeReply())
      await whenIdle()
    }
    assert.equal(upstream.connections(), 1)
  })

  it('never shares a connection between targets of different origins', async t => {
    const [one, two] = [await start(t, 'ok'), await start(t, 'ok')]
    const target = makeTarget(t, [one.origin, two.origin])
    await Promise.all([0, 1, 2, 3].map(() => target.call(makeExchange(), new FakeReply())))
    for (const upstream of [one, two]) {
      for (const seen of upstream.requests) assert.equal(seen.lines[1], new URL(upstream.origin).host)
    }
  })
})

describe('an answer', () => {
  it('reaches the caller with its status, reason, fields and every part', async t => {
    const upstream = await start(t, (_request, response) => {
      response.writeHead(418, 'Short and stout', { 'set-cookie': ['a=1', 'b=2'], 'x-a': '1' })
      response.end('tea')
    })
    const reply = new FakeReply()
    const outcome = await makeTarget(t, [upstream.origin]).call(makeExchange(), reply)
    assert.deepEqual(outcome, { kind: 'replied', status: 418 })
    assert.equal(reply.statusText, 'Short and stout')
    assert.deepEqual(reply.values('set-cookie'), ['a=1', 'b=2'])
    assert.deepEqual(reply.values('x-request-id'), ['request-1'])
    assert.deepEqual(reply.values('connection'), [])
    assert.equal(reply.values('date').length, 1)
  })

  it('to HEAD keeps the length and has no body', async t => {
    const upstream = await start(t, (_request, response) => response.writeHead(200, { 'content-length': 42 }).end())
    const reply = new FakeReply()
    await makeTarget(t, [upstream.origin]).call(makeExchange({ method: 'HEAD' }), reply)
    assert.deepEqual(reply.values('content-length'), ['42'])
    assert.equal(reply.bytes, 0)
  })

  it('of status 204 and 304 ends without a body', async t => {
    const upstream = await start(t, (request, response) => response.writeHead(Number(request.url?.slice(-3))).end())
    const target = makeTarget(t, [upstream.origin])
    for (const status of [204, 304]) {
      const outcome = await target.call(makeExchange({ path: `/${status}` }), new FakeReply())
      assert.deepEqual(outcome, { kind: 'replied', status })
    }
  })

  it('as an event stream reaches the caller event by event', async t => {
    const upstream = await start(t, 'sse')
    const reply = new FakeReply()
    const outcome = makeTarget(t, [upstream.origin]).call(makeExchange(), reply)
    await until(() => reply.text === 'data: one\n\n', 'the first event')
    assert.equal(reply.state, 'open')
    reply.leave()
    assert.deepEqual(await outcome, { kind: 'abandoned' })
    await until(() => upstream.open() === 0, 'the end of the stream upstream')
  })

  it('drops trailers', async t => {
    const upstream = await start(t, (_request, response) => {
      response.writeHead(200, { trailer: 'x-sum' })
      response.write('a')
      response.addTrailers({ 'x-sum': '1' })
      response.end()
    })
    const reply = new FakeReply()
    await makeTarget(t, [upstream.origin]).call(makeExchange(), reply)
    assert.equal(reply.text, 'a')
    assert.deepEqual(reply.values('trailer'), [])
  })

  it('before the whole request is passed on, and the rest of the request is given up', async t => {
    const upstream = await start(t, (_request, response) => {
      response.writeHead(403, { 'content-length': 2 }).end('no')
    })
    const stream = new Readable({ read() {} })
    stream.push('first part')
    const reply = new FakeReply()
    const target = makeTarget(t, [upstream.origin])
    const outcome = await target.call(makeExchange({ method: 'POST', body: { stream, length: 1000 } }), reply)
    assert.deepEqual(outcome, { kind: 'replied', status: 403 })
    assert.equal(reply.text, 'no')
    await until(() => stream.destroyed, 'the end of the body')
  })
})

describe('back-pressure', () => {
  it('a caller that does not read stops the upstream', async t => {
    const part = Buffer.alloc(64 * 1024)
    let written = 0
    const upstream = await start(t, (_request, response) => {
      response.writeHead(200)
      const more = (): void => {
        while (written < 64 * 1024 * 1024) {
          written += part.length
          if (!response.write(part)) {
            response.once('drain', more)
            return
          }
        }
        response.end()
      }
      more()
    })
    const reply = new FakeReply({ highWaterMark: 128 * 1024, discard: true })
    const outcome = makeTarget(t, [upstream.origin]).call(makeExchange(), reply)
    await until(() => reply.buffered >= 128 * 1024, 'the caller to be full')
    let before = -1
    while (before !== written) {
      before = written
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    assert.ok(written < 32 * 1024 * 1024, `${written} bytes left the upstream`)
    assert.ok(reply.buffered < 512 * 1024, `${reply.buffered} bytes wait in the gateway`)
    const reading = setInterval(() => reply.drain(), 0)
    assert.deepEqual(await outcome, { kind: 'replied', status: 200 })
    clearInterval(reading)
    assert.equal(reply.bytes, 64 * 1024 * 1024)
  })

  it('an upstream that does not read stops the caller', async t => {
    const upstream = await startUpstream('never', { keepBytes: false })
    t.after(() => upstream.close())
    const part = Buffer.alloc(64 * 1024)
    let produced = 0
    const stream = new Readable({
      read() {
        produced += part.length
        this.push(part)
      },
    })
    const reply = new FakeReply()
    const target = makeTarget(t, [upstream.origin])
    const outcome = target.call(makeExchange({ method: 'POST', body: { stream } }), reply)
    await until(() => upstream.requests.length === 1, 'the request')
    let before = -1
    while (before !== produced) {
      before = produced
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    assert.ok(produced < 64 * 1024 * 1024, `${produced} bytes left the caller`)
    reply.leave()
    assert.deepEqual(await outcome, { kind: 'abandoned' })
    assert.ok(stream.destroyed)
  })
})

describe('a caller that leaves', () => {
  it('while the upstream thinks cancels the upstream request', async t => {
    const upstream = await start(t, 'never')
    const reply = new FakeReply()
    const outcome = makeTarget(t, [upstream.origin]).call(makeExchange(), reply)
    await until(() => upstream.requests.length === 1, 'the request')
    reply.leave()
    assert.deepEqual(await outcome, { kind: 'abandoned' })
    await until(() => upstream.open() === 0, 'the connection to close')
    assert.equal(reply.headSent, false)
  })

  it('before a connection is there sends nothing upstream', async t => {
    const upstream = await start(t, 'ok')
    const reply = new FakeReply()
    const target = makeTarget(t, [upstream.origin])
    const outcome = target.call(makeExchange(), reply)
    reply.leave()
    assert.deepEqual(await outcome, { kind: 'abandoned' })
    await target.pools[0]?.close()
    assert.equal(upstream.raw(), '')
  })

  it('in the middle of its body cancels the upstream request', async t => {
    const upstream = await start(t, 'never')
    const stream = new Readable({ read() {} })
    stream.push('part')
    const outcome = makeTarget(t, [upstream.origin]).call(
      makeExchange({ method: 'POST', body: { stream, length: 100 } }),
      new FakeReply(),
    )
    await until(() => upstream.requests.length === 1, 'the request')
    stream.destroy(new RequestBodyError('CALLER_GONE', { code: 'caller.gone' }))
    assert.deepEqual(await outcome, { kind: 'abandoned' })
    await until(() => upstream.open() === 0, 'the connection to close')
  })
})

describe('a body that outgrows its limit', () => {
  const tooLarge = new RequestBodyError('BODY_TOO_LARGE', { code: 'request.body_too_large' })

  it('is 413 while no answer was begun', async t => {
    const upstream = await start(t, 'never')
    const stream = new Readable({ read() {} })
    stream.push('part')
    const outcome = makeTarget(t, [upstream.origin]).call(
      makeExchange({ method: 'POST', body: { stream } }),
      new FakeReply(),
    )
    await until(() => upstream.requests.length === 1, 'the request')
    stream.destroy(tooLarge)
    assert.equal(codeOfOutcome(await outcome), 'denied request.body_too_large')
    await until(() => upstream.open() === 0, 'the connection to close')
  })

  it('is 413 also before a connection is there, and then nothing goes upstream', async t => {
    const upstream = await start(t, 'ok')
    const stream = new Readable({ read() {} })
    const target = makeTarget(t, [upstream.origin])
    const outcome = target.call(makeExchange({ method: 'POST', body: { stream } }), new FakeReply())
    stream.destroy(tooLarge)
    assert.equal(codeOfOutcome(await outcome), 'denied request.body_too_large')
    await target.pools[0]?.close()
    assert.equal(upstream.requests.length, 0)
  })

  it('cuts an answer that was begun', async t => {
    const upstream = await start(t, 'mirror')
    const stream = new Readable({ read() {} })
    stream.push('part')
    const reply = new FakeReply()
    const outcome = makeTarget(t, [upstream.origin]).call(makeExchange({ method: 'POST', body: { stream } }), reply)
    await until(() => reply.text === 'part', 'the answer')
    stream.destroy(tooLarge)
    assert.equal(codeOfOutcome(await outcome), 'broken request.body_too_large')
    assert.equal(reply.state, 'cut')
  })
})
