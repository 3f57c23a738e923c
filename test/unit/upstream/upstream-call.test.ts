import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import type { Outcome } from '../../../src/exchange/exchange.ts'
import { MAX_INTERIM_ANSWERS } from '../../../src/upstream/upstream-call.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { codeOfOutcome, makeTarget, whenIdle } from '../../support/http-target.ts'
import { trustOnly } from '../../support/stores.ts'
import { startRawUpstream, startUpstream, type TestUpstream, until } from '../../support/upstream.ts'

async function startRaw(t: TestContext, answer: string | ((socket: Socket, head: string, n: number) => void)) {
  const upstream = await startRawUpstream(
    typeof answer === 'string' ? socket => socket.write(answer, 'latin1') : answer,
  )
  t.after(() => upstream.close())
  return upstream
}

async function call(t: TestContext, upstream: TestUpstream, reply = new FakeReply()): Promise<Outcome> {
  return makeTarget(t, [upstream.origin]).call(makeExchange(), reply)
}

describe('an unusable answer is 502 upstream.protocol', () => {
  const answers: Readonly<Record<string, string>> = {
    'no HTTP at all': 'hello\r\n\r\n',
    'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok',
    'a length that is no number': 'HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok',
    'a length and a transfer coding': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n',
    'a transfer coding other than chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n..',
    'a line folded': 'HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\n\r\n',
    'a NUL in a value': 'HTTP/1.1 200 OK\r\nX-A: 1\x002\r\n\r\n',
    'a bare CR in a value': 'HTTP/1.1 200 OK\r\nX-A: 1\r2\r\n\r\n',
    'a head beyond the limit': `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`,
    'a status below 100': 'HTTP/1.1 099 Odd\r\n\r\n',
    'a status of four digits': 'HTTP/1.1 2000 Odd\r\n\r\n',
    'another protocol': 'ICY 200 OK\r\n\r\n',
    'an unasked 100': 'HTTP/1.1 100 Continue\r\n\r\n',
    'an unasked 101': 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    'an unasked 101 without protocol': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'interim answers without end': 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(MAX_INTERIM_ANSWERS + 1),
  }
  for (const [what, answer] of Object.entries(answers)) {
    it(`when it is ${what}`, async t => {
      const upstream = await startRaw(t, answer)
      const reply = new FakeReply()
      assert.equal(codeOfOutcome(await call(t, upstream, reply)), 'denied upstream.protocol')
      assert.equal(reply.headSent, false)
      assert.equal(upstream.requests.length, 1)
      await until(() => upstream.open() === 0, 'the connection to close')
    })
  }
})

describe('interim answers', () => {
  it('PX-13 are read and not passed on', async t => {
    const upstream = await startRaw(
      t,
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    )
    const reply = new FakeReply()
    assert.deepEqual(await call(t, upstream, reply), { kind: 'replied', status: 200 })
    assert.equal(reply.text, 'ok')
    assert.deepEqual(reply.values('link'), [])
  })
})

describe('an answer that breaks off', () => {
  for (const behaviour of ['reset_after_head', 'short_body'] as const) {
    it(`H1-14 looks cut to the caller (${behaviour})`, async t => {
      const upstream = await startUpstream(behaviour)
      t.after(() => upstream.close())
      const reply = new FakeReply()
      const outcome = await call(t, upstream, reply)
      assert.equal(codeOfOutcome(outcome), 'broken upstream.interrupted')
      assert.equal(outcome.kind === 'broken' && outcome.afterStatus, 200)
      assert.equal(reply.state, 'cut')
    })
  }

  it('H1-14 looks cut also in the middle of a chunk', async t => {
    const upstream = await startRaw(t, socket => {
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf')
    })
    const reply = new FakeReply()
    assert.equal(codeOfOutcome(await call(t, upstream, reply)), 'broken upstream.interrupted')
    assert.equal(reply.state, 'cut')
  })

  it('H1-14 looks cut where a reset ends an answer without a length', async t => {
    const upstream = await startRaw(t, socket => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nsome text')
    })
    const reply = new FakeReply()
    const outcome = call(t, upstream, reply)
    await until(() => reply.text === 'some text', 'the text')
    upstream.resetAll()
    assert.equal(codeOfOutcome(await outcome), 'broken upstream.interrupted')
    assert.equal(reply.state, 'cut')
  })

  it('is complete where the end of the connection is its proper end', async t => {
    const upstream = await startRaw(t, socket => socket.end('HTTP/1.1 200 OK\r\n\r\nsome text'))
    const reply = new FakeReply()
    assert.deepEqual(await call(t, upstream, reply), { kind: 'replied', status: 200 })
    assert.equal(reply.state, 'ended')
  })
})

describe('an upstream that cannot be reached', { concurrency: true }, () => {
  it('is 502 upstream.unreachable where nobody listens', async t => {
    const upstream = await startUpstream('ok')
    await upstream.close()
    assert.equal(codeOfOutcome(await call(t, upstream)), 'denied upstream.unreachable')
  })

  it('is 504 upstream.connect_timeout where no connection is made in time', async t => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    t.after(() => silent.close())
    await new Promise(resolve => silent.once('listening', resolve))
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const target = makeTarget(t, [`https://127.0.0.1:${port}`], { settings: { connectTimeoutMs: 100 } })
    const outcome = await target.call(makeExchange(), new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied upstream.connect_timeout')
  })

  it('is 504 upstream.response_timeout where no head comes in time', async t => {
    const upstream = await startUpstream('never')
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], { settings: { responseTimeoutMs: 100 } })
    const outcome = await target.call(makeExchange(), new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied upstream.response_timeout')
    await until(() => upstream.open() === 0, 'the connection to close')
  })

  it('is cut where the answer falls silent', async t => {
    const upstream = await startUpstream('sse')
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], { pool: { silenceMs: 100 } })
    const reply = new FakeReply()
    const outcome = await target.call(makeExchange(), reply)
    assert.equal(codeOfOutcome(outcome), 'broken upstream.interrupted')
    assert.equal(reply.state, 'cut')
  })

  it('is 503 upstream.overloaded where too many requests are under way', async t => {
    const upstream = await startUpstream('never')
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], { pool: { maxConnections: 2, maxPending: 0 } })
    const replies = [new FakeReply(), new FakeReply()]
    const waiting = replies.map(reply => target.call(makeExchange(), reply))
    await until(() => upstream.requests.length === 2, 'both requests')
    assert.equal(codeOfOutcome(await target.call(makeExchange(), new FakeReply())), 'denied upstream.overloaded')
    for (const reply of replies) reply.leave()
    await Promise.all(waiting)
    const again = new FakeReply()
    const outcome = target.call(makeExchange(), again)
    again.leave()
    assert.equal(codeOfOutcome(await outcome), 'abandoned')
  })
})

describe('an upstream over TLS', () => {
  it('is 502 upstream.tls_failed before any request byte where its certificate is not trusted', async t => {
    const upstream = await startUpstream('ok', { tls: makeCertificate('IP:127.0.0.1') })
    t.after(() => upstream.close())
    assert.equal(codeOfOutcome(await call(t, upstream)), 'denied upstream.tls_failed')
    assert.equal(upstream.requests.length, 0)
  })

  it('is 502 upstream.tls_failed where its certificate names another host', async t => {
    const tls = makeCertificate('DNS:other.example')
    const upstream = await startUpstream('ok', { tls })
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], { pool: { tls: trustOnly(tls.cert) } })
    assert.equal(codeOfOutcome(await target.call(makeExchange(), new FakeReply())), 'denied upstream.tls_failed')
    assert.equal(upstream.requests.length, 0)
  })

  it('answers where its certificate is trusted', async t => {
    const tls = makeCertificate('IP:127.0.0.1')
    const upstream = await startUpstream('ok', { tls })
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], { pool: { tls: trustOnly(tls.cert) } })
    const reply = new FakeReply()
    assert.deepEqual(await target.call(makeExchange(), reply), { kind: 'replied', status: 200 })
    assert.equal(reply.text, 'ok')
  })
})

describe('a second try', () => {
  /** Answers the first request of each connection, and breaks the connection at the second. */
  async function startForgetful(t: TestContext): Promise<TestUpstream> {
    const answered = new WeakSet<Socket>()
    return startRaw(t, socket => {
      if (answered.has(socket)) socket.resetAndDestroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      answered.add(socket)
    })
  }

  for (const method of ['GET', 'PUT', 'DELETE']) {
    it(`is made once for ${method} on a kept connection that broke before any answer`, async t => {
      const upstream = await startForgetful(t)
      const target = makeTarget(t, [upstream.origin])
      await target.call(makeExchange(), new FakeReply())
      await whenIdle()
      const reply = new FakeReply()
      assert.deepEqual(await target.call(makeExchange({ method }), reply), { kind: 'replied', status: 200 })
      assert.equal(reply.text, 'ok')
      assert.equal(upstream.requests.length, 3)
    })
  }

  for (const method of ['POST', 'PATCH', 'PURGE']) {
    it(`PX-19 is never made for ${method}`, async t => {
      const upstream = await startForgetful(t)
      const target = makeTarget(t, [upstream.origin])
      await target.call(makeExchange(), new FakeReply())
      await whenIdle()
      assert.equal(codeOfOutcome(await target.call(makeExchange({ method }), new FakeReply())), 'denied upstream.reset')
      assert.equal(upstream.requests.length, 2)
    })
  }

  it('is never made for a request with a body', async t => {
    const upstream = await startForgetful(t)
    const target = makeTarget(t, [upstream.origin])
    await target.call(makeExchange(), new FakeReply())
    await whenIdle()
    const body = { stream: Readable.from(['a'], { objectMode: false }), length: 1 }
    assert.equal(codeOfOutcome(await target.call(makeExchange({ body }), new FakeReply())), 'denied upstream.reset')
    assert.equal(upstream.requests.length, 2)
  })

  for (const behaviour of ['reset_before_head', 'close_before_head'] as const) {
    it(`is the last one (${behaviour})`, async t => {
      const upstream = await startUpstream(behaviour)
      t.after(() => upstream.close())
      assert.equal(codeOfOutcome(await call(t, upstream)), 'denied upstream.reset')
      assert.equal(upstream.requests.length, 2)
    })
  }

  it('goes to another target, also with a body where nothing of it was sent', async t => {
    const [gone, alive] = [await startUpstream('ok'), await startUpstream('mirror')]
    t.after(() => alive.close())
    await gone.close()
    const target = makeTarget(t, [`${gone.origin}/gone`, `${alive.origin}/alive`])
    const stream = Readable.from([Buffer.from('hel'), Buffer.from('lo')], { objectMode: false })
    const reply = new FakeReply()
    const exchange = makeExchange({ method: 'POST', body: { stream, length: 5 } })
    assert.deepEqual(await target.call(exchange, reply), { kind: 'replied', status: 200 })
    assert.equal(reply.text, 'hello')
    assert.deepEqual(
      alive.requests.map(({ method, url }) => `${method} ${url}`),
      ['POST /alive/orders/v1'],
    )
    assert.equal(target.group.budget.retries, 1)
    assert.deepEqual(
      target.group.states.map(({ inFlight }) => inFlight),
      [0, 0],
    )
  })

  it('is not made where settings allow none, or the budget is used up', async t => {
    const upstream = await startUpstream('reset_before_head')
    t.after(() => upstream.close())
    const never = makeTarget(t, [upstream.origin], { settings: { retry: { attempts: 0, budgetPercent: 100 } } })
    await never.call(makeExchange(), new FakeReply())
    assert.equal(upstream.requests.length, 1)
    const little = makeTarget(t, [upstream.origin], { settings: { retry: { attempts: 1, budgetPercent: 0 } } })
    for (let i = 0; i < 5; i++) await little.call(makeExchange(), new FakeReply())
    assert.equal(upstream.requests.length, 1 + 5 + 3)
  })

  it('is not made for a caller who left', async t => {
    const upstream = await startUpstream('never')
    t.after(() => upstream.close())
    const reply = new FakeReply()
    const outcome = makeTarget(t, [upstream.origin]).call(makeExchange(), reply)
    await until(() => upstream.requests.length === 1, 'the request')
    reply.leave()
    upstream.resetAll()
    assert.equal((await outcome).kind, 'abandoned')
    await whenIdle()
    assert.equal(upstream.requests.length, 1)
  })

  it('is made after a time-out only where there is another target', async t => {
    const [silent, alive] = [await startUpstream('never'), await startUpstream('ok')]
    t.after(() => Promise.all([silent.close(), alive.close()]))
    const settings = { responseTimeoutMs: 100 }
    const alone = makeTarget(t, [silent.origin], { settings })
    assert.equal(codeOfOutcome(await alone.call(makeExchange(), new FakeReply())), 'denied upstream.response_timeout')
    assert.equal(silent.requests.length, 1)
    const both = makeTarget(t, [silent.origin, alive.origin], { settings })
    assert.deepEqual(await both.call(makeExchange(), new FakeReply()), { kind: 'replied', status: 200 })
    assert.deepEqual([silent.requests.length, alive.requests.length], [2, 1])
  })

  it('is never made once a byte of an answer came', async t => {
    const answered = new WeakSet<Socket>()
    const upstream = await startRaw(t, socket => {
      if (answered.has(socket)) socket.end('HTTP/1.1 20')
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      answered.add(socket)
    })
    const target = makeTarget(t, [upstream.origin])
    await target.call(makeExchange(), new FakeReply())
    await whenIdle()
    const outcome = await target.call(makeExchange(), new FakeReply())
    assert.equal(outcome.kind, 'denied')
    assert.equal(upstream.requests.length, 2)
  })
})

describe('bytes that nobody asked for', () => {
  it('H1-15 close the idle connection and are not taken for the next answer', async t => {
    const upstream = await startRaw(t, (socket, _head, n) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n0${n}`)
      if (n === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
    })
    const target = makeTarget(t, [upstream.origin])
    await target.call(makeExchange(), new FakeReply())
    await whenIdle()
    const reply = new FakeReply()
    await target.call(makeExchange(), reply)
    assert.equal(reply.text, '02')
    assert.equal(upstream.connections(), 2)
  })
})

describe('what cannot be sent', () => {
  it('is 400 where the caller wrote it, and nothing goes upstream', async t => {
    const upstream = await startUpstream('ok')
    t.after(() => upstream.close())
    const exchange = makeExchange({ lines: ['X-A', 'a\r\nX-B: b'] })
    const outcome = await makeTarget(t, [upstream.origin]).call(exchange, new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied request.malformed')
    assert.equal(upstream.raw(), '')
  })

  it('is a defect where an edit of ours holds it, and nothing goes upstream', async t => {
    const upstream = await startUpstream('ok')
    t.after(() => upstream.close())
    const exchange = makeExchange({ edits: [{ set: 'x-user', to: 'a\r\nX-Admin: yes' }] })
    const outcome = await makeTarget(t, [upstream.origin]).call(exchange, new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied internal.defect')
    assert.equal(upstream.raw(), '')
  })

  it('a reply that throws is a defect and never escapes', async t => {
    const upstream = await startUpstream('ok')
    t.after(() => upstream.close())
    const reply = new FakeReply()
    reply.start = () => {
      throw new Error('defect')
    }
    assert.equal(codeOfOutcome(await call(t, upstream, reply)), 'denied internal.defect')
  })
})
