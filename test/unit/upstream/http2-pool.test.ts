import assert from 'node:assert/strict'
import { once } from 'node:events'
import type {
  Http2SecureServer,
  Http2Server,
  IncomingHttpHeaders,
  SecureServerOptions,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2'
import { createSecureServer, createServer, sensitiveHeaders } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { makeCertificate } from '../../support/certificate.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { codeOfOutcome, makeTarget, type TargetPlan } from '../../support/http-target.ts'
import { trustOnly } from '../../support/stores.ts'
import { startRawUpstream, startUpstream, until } from '../../support/upstream.ts'

type OnStream = (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => void

interface Http2Upstream {
  readonly origin: string
  readonly heads: IncomingHttpHeaders[]
  sessions(): number
  open(): number
  /** Sends GOAWAY on every connection and lets what is under way end. */
  goAway(): void
}

/** Starts an HTTP/2 upstream: cleartext, or over TLS with its certificate. */
async function startHttp2(
  t: TestContext,
  onStream: OnStream,
  options: SecureServerOptions = {},
): Promise<Http2Upstream> {
  const server: Http2Server | Http2SecureServer =
    options.key === undefined ? createServer(options) : createSecureServer(options)
  const heads: IncomingHttpHeaders[] = []
  const sessions = new Set<ServerHttp2Session>()
  let count = 0
  server.on('session', session => {
    count += 1
    sessions.add(session)
    session.on('close', () => sessions.delete(session)).on('error', () => undefined)
  })
  server.on('stream', (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => {
    heads.push(fields)
    stream.on('error', () => undefined)
    onStream(stream, fields)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `${options.key === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    heads,
    sessions: () => count,
    open: () => sessions.size,
    goAway() {
      for (const session of sessions) session.close()
    },
  }
}

function targetOf(t: TestContext, origin: string, plan: TargetPlan = {}) {
  return makeTarget(t, [origin], { ...plan, settings: { protocol: 'http2', ...plan.settings } })
}

const ok: OnStream = stream => {
  stream.respond({ ':status': 200, 'content-type': 'text/plain' })
  stream.end('ok')
}

describe('an HTTP/2 upstream', () => {
  it('gets the request over cleartext with prior knowledge, and its answer comes back', async t => {
    const upstream = await startHttp2(t, ok)
    const reply = new FakeReply()
    const outcome = await targetOf(t, upstream.origin).call(
      makeExchange({
        query: '?a=1',
        lines: [
          'authorization',
          'Bearer secret',
          'X-Case',
          'kept',
          'X-Two',
          '1',
          'X-Two',
          '2',
          'Connection',
          'x-hop',
          'X-Hop',
          '1',
        ],
      }),
      reply,
    )
    assert.deepEqual(outcome, { kind: 'replied', status: 200 })
    assert.equal(reply.text, 'ok')
    assert.deepEqual(reply.values('content-type'), ['text/plain'])
    assert.deepEqual(
      reply.fields.filter(name => name.startsWith(':')),
      [],
    )
    const [head = {}] = upstream.heads
    assert.equal(head[':authority'], upstream.origin.slice('http://'.length))
    assert.deepEqual([head[':method'], head[':path'], head[':scheme']], ['GET', '/orders/v1?a=1', 'http'])
    assert.deepEqual([head['x-case'], head['x-two'], head['x-hop']], ['kept', '1, 2', undefined])
    assert.deepEqual(Reflect.get(head, sensitiveHeaders), ['authorization'])
  })

  it('gets many requests at once on one connection', async t => {
    const waiting: ServerHttp2Stream[] = []
    const upstream = await startHttp2(t, stream => waiting.push(stream))
    const target = targetOf(t, upstream.origin)
    const outcomes = Array.from({ length: 50 }, () => target.call(makeExchange(), new FakeReply()))
    await until(() => waiting.length === 50, 'all requests')
    assert.equal(upstream.sessions(), 1)
    for (const stream of waiting) ok(stream, {})
    assert.ok((await Promise.all(outcomes)).every(({ kind }) => kind === 'replied'))
  })

  it('gets as many requests on a connection as it allows, and no more connections than the settings allow', async t => {
    const waiting: ServerHttp2Stream[] = []
    const upstream = await startHttp2(t, stream => waiting.push(stream), { settings: { maxConcurrentStreams: 2 } })
    const target = targetOf(t, upstream.origin, { settings: { maxConnections: 2 } })
    const outcomes = Array.from({ length: 6 }, () => target.call(makeExchange(), new FakeReply()))
    await until(() => waiting.length === 4, 'four requests')
    assert.equal(upstream.sessions(), 2)
    for (let done = 0; done < 6; done++) {
      await until(() => waiting.length > done, `request ${done}`)
      ok(waiting[done] as ServerHttp2Stream, {})
    }
    assert.ok((await Promise.all(outcomes)).every(({ kind }) => kind === 'replied'))
    assert.equal(upstream.sessions(), 2)
  })

  it('is 503 upstream.overloaded where a request waits too long for a connection, and where too many wait', async t => {
    const upstream = await startHttp2(t, () => undefined, { settings: { maxConcurrentStreams: 1 } })
    const target = targetOf(t, upstream.origin, {
      settings: { maxConnections: 1, maxPending: 1, connectTimeoutMs: 300 },
    })
    target.call(makeExchange(), new FakeReply())
    await until(() => upstream.heads.length === 1, 'the first request')
    const startedAt = performance.now()
    const second = target.call(makeExchange(), new FakeReply())
    assert.equal(codeOfOutcome(await target.call(makeExchange(), new FakeReply())), 'denied upstream.overloaded')
    assert.ok(performance.now() - startedAt < 200, 'at once')
    assert.equal(codeOfOutcome(await second), 'denied upstream.overloaded')
    const waited = performance.now() - startedAt
    assert.ok(waited >= 290 && waited < 900, `${waited} ms`)
    assert.equal(upstream.heads.length, 1)
  })

  it('passes bodies both ways with their length', async t => {
    const upstream = await startHttp2(t, (stream, fields) => {
      stream.respond({ ':status': 200, 'x-length': String(fields['content-length']) })
      stream.pipe(stream)
    })
    const reply = new FakeReply()
    const body = { stream: Readable.from([Buffer.alloc(100_000, 'a'), Buffer.alloc(100_000, 'b')]), length: 200_000 }
    await targetOf(t, upstream.origin).call(makeExchange({ method: 'POST', body }), reply)
    assert.equal(reply.bytes, 200_000)
    assert.deepEqual(reply.values('x-length'), ['200000'])
  })

  it('sends no more than the caller takes', async t => {
    let sent = 0
    const upstream = await startHttp2(t, stream => {
      stream.respond()
      const chunk = Buffer.alloc(64 * 1024)
      const more = (): void => {
        while (sent < 32 * 1024 * 1024) {
          sent += chunk.length
          if (!stream.write(chunk)) return
        }
        stream.end()
      }
      stream.on('drain', more)
      more()
    })
    const reply = new FakeReply({ highWaterMark: 100_000, discard: true })
    const outcome = targetOf(t, upstream.origin).call(makeExchange(), reply)
    let before = -1
    await until(() => {
      const isStill = sent === before && reply.bytes > 0
      before = sent
      return isStill
    }, 'the upstream to be held back')
    assert.ok(sent < 4 * 1024 * 1024, `${sent} bytes sent`)
    const timer = setInterval(() => reply.drain(), 0)
    await outcome
    clearInterval(timer)
    assert.equal(reply.bytes, 32 * 1024 * 1024)
  })

  it('gets a reset when the caller leaves, and the connection lives on', async t => {
    const codes: number[] = []
    const upstream = await startHttp2(t, (stream, fields) => {
      if (fields[':path'] !== '/orders/slow') return ok(stream, fields)
      stream.on('close', () => codes.push(stream.rstCode))
      stream.respond()
      stream.write('first')
      return undefined
    })
    const target = targetOf(t, upstream.origin)
    const reply = new FakeReply()
    const outcome = target.call(makeExchange({ path: '/orders/slow' }), reply)
    await until(() => reply.bytes > 0, 'the first part')
    reply.leave()
    assert.equal((await outcome).kind, 'abandoned')
    await until(() => codes.length === 1, 'the reset')
    assert.deepEqual(codes, [8])
    assert.equal((await target.call(makeExchange(), new FakeReply())).kind, 'replied')
    assert.equal(upstream.sessions(), 1)
  })

  it('gets te: trailers where the caller sent it', async t => {
    const upstream = await startHttp2(t, ok)
    const target = targetOf(t, upstream.origin)
    await target.call(makeExchange({ lines: ['te', 'trailers'] }), new FakeReply())
    await target.call(makeExchange({ lines: ['TE', 'gzip'] }), new FakeReply())
    assert.deepEqual(
      upstream.heads.map(head => head['te']),
      ['trailers', undefined],
    )
  })

  it('has its trailers passed on to an HTTP/2 caller, clean, and to no other', async t => {
    const upstream = await startHttp2(t, stream => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': '0', 'x-jwt-assertion': 'forged', 'set-cookie': 'a=b' }),
      )
      stream.end('ok')
    })
    const target = targetOf(t, upstream.origin)
    const [modern, old] = [new FakeReply(), new FakeReply()]
    await target.call(makeExchange({ head: { httpVersion: '2.0' } }), modern)
    await target.call(makeExchange(), old)
    assert.deepEqual(modern.trailers, ['grpc-status', '0'])
    assert.deepEqual(modern.values('grpc-status'), [])
    assert.deepEqual(old.trailers, [])
  })

  it('is 504 where it does not answer in time, and no dead connection is used again', async t => {
    const upstream = await startHttp2(t, () => undefined)
    const target = targetOf(t, upstream.origin, { settings: { responseTimeoutMs: 100, connectTimeoutMs: 200 } })
    const outcome = await target.call(makeExchange(), new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied upstream.response_timeout')
  })

  it('owes its answer only when the request is complete', async t => {
    const upstream = await startHttp2(t, stream => stream.on('end', () => ok(stream, {})).resume())
    const target = targetOf(t, upstream.origin, { settings: { responseTimeoutMs: 50 } })
    const body = new PassThrough()
    const outcome = target.call(makeExchange({ method: 'POST', body: { stream: body } }), new FakeReply())
    await until(() => upstream.heads.length === 1, 'the request')
    const startedAt = performance.now()
    await until(() => performance.now() - startedAt > 150)
    body.end('late')
    assert.equal((await outcome).kind, 'replied')
  })

  it('is cut where its answer falls silent', async t => {
    const upstream = await startHttp2(t, stream => {
      stream.respond()
      stream.write('part')
    })
    const reply = new FakeReply()
    const target = targetOf(t, upstream.origin, { settings: { idleTimeoutMs: 100 } })
    assert.equal(codeOfOutcome(await target.call(makeExchange(), reply)), 'broken upstream.interrupted')
    assert.equal(reply.state, 'cut')
  })

  it('is left when it says that it goes away: what is under way ends, what comes later goes to a new connection', async t => {
    const waiting: ServerHttp2Stream[] = []
    const upstream = await startHttp2(t, stream => waiting.push(stream))
    const target = targetOf(t, upstream.origin)
    const first = target.call(makeExchange(), new FakeReply())
    await until(() => waiting.length === 1, 'the first request')
    upstream.goAway()
    // Its frame comes before the second request's connection is chosen only after a turn of the loop.
    await new Promise(resolve => setTimeout(resolve, 20))
    const second = target.call(makeExchange(), new FakeReply())
    await until(() => waiting.length === 2, 'the second request')
    assert.equal(upstream.sessions(), 2)
    for (const stream of waiting) ok(stream, {})
    assert.deepEqual([(await first).kind, (await second).kind], ['replied', 'replied'])
  })

  it('lets requests under way end before it closes, and takes none afterwards', async t => {
    const waiting: ServerHttp2Stream[] = []
    const upstream = await startHttp2(t, stream => waiting.push(stream))
    const target = targetOf(t, upstream.origin)
    const outcome = target.call(makeExchange(), new FakeReply())
    await until(() => waiting.length === 1, 'the request')
    const closed = target.pools[0]?.close()
    assert.equal(codeOfOutcome(await target.call(makeExchange(), new FakeReply())), 'denied gateway.stopping')
    ok(waiting[0] as ServerHttp2Stream, {})
    assert.equal((await outcome).kind, 'replied')
    await closed
    await until(() => upstream.open() === 0, 'the connection to close')
  })

  it('is broken off when its pool is destroyed', async t => {
    const upstream = await startHttp2(t, () => undefined)
    const target = targetOf(t, upstream.origin)
    const outcome = target.call(makeExchange(), new FakeReply())
    await until(() => upstream.heads.length === 1, 'the request')
    await target.pools[0]?.destroy()
    assert.equal(codeOfOutcome(await outcome), 'denied gateway.stopping')
  })

  it('sees no request with an unsendable field, and its other requests go on', async t => {
    const upstream = await startHttp2(t, stream => stream.respond())
    const target = targetOf(t, upstream.origin)
    const reply = new FakeReply()
    const other = target.call(makeExchange(), reply)
    await until(() => reply.headSent, 'the answer')
    const unsendable = makeExchange({ lines: ['x-a', 'one\ntwo'] })
    assert.equal(codeOfOutcome(await target.call(unsendable, new FakeReply())), 'denied request.malformed')
    assert.equal(upstream.heads.length, 1)
    assert.equal(reply.state, 'open')
    reply.leave()
    await other
  })
})

describe('an HTTP/2 upstream that cannot be had', () => {
  it('is 502 where nobody listens, for all that wait', async t => {
    const target = targetOf(t, 'http://127.0.0.1:1')
    const outcomes = [1, 2, 3].map(() => target.call(makeExchange(), new FakeReply()))
    const codes = (await Promise.all(outcomes)).map(codeOfOutcome)
    assert.deepEqual(
      codes,
      ['upstream.unreachable', 'upstream.unreachable', 'upstream.unreachable'].map(c => `denied ${c}`),
    )
  })

  it('is 502 upstream.protocol where it speaks HTTP/1.1, and it sees no request', async t => {
    const upstream = await startUpstream('ok')
    t.after(() => upstream.close())
    const outcome = await targetOf(t, upstream.origin).call(makeExchange({ method: 'POST' }), new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied upstream.protocol')
    assert.doesNotMatch(upstream.raw(), /orders/)
  })

  it('is 504 within the connect timeout where it never says its settings', async t => {
    const upstream = await startRawUpstream(() => undefined)
    t.after(() => upstream.close())
    const startedAt = performance.now()
    const target = targetOf(t, upstream.origin, { settings: { connectTimeoutMs: 200 } })
    const outcomes = [1, 2].map(() => target.call(makeExchange(), new FakeReply()))
    const codes = (await Promise.all(outcomes)).map(codeOfOutcome)
    assert.deepEqual(codes, ['denied upstream.connect_timeout', 'denied upstream.connect_timeout'])
    assert.ok(performance.now() - startedAt < 900)
    assert.doesNotMatch(upstream.raw(), /orders/)
    await until(() => upstream.open() === 0, 'the connection to close')
  })
})

describe('an HTTP/2 upstream over TLS', () => {
  const tls = makeCertificate('IP:127.0.0.1')

  it('is spoken to where both agree on it', async t => {
    const upstream = await startHttp2(t, ok, tls)
    const target = targetOf(t, upstream.origin, { pool: { tls: trustOnly(tls.cert) } })
    assert.equal((await target.call(makeExchange(), new FakeReply())).kind, 'replied')
    assert.equal(upstream.heads[0]?.[':scheme'], 'https')
  })

  it('is 502 upstream.protocol where it has HTTP/1.1 only, and it sees no request', async t => {
    let requests = 0
    const server = createHttpsServer(tls, () => {
      requests += 1
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const target = targetOf(t, `https://127.0.0.1:${port}`, { pool: { tls: trustOnly(tls.cert) } })
    const outcome = await target.call(makeExchange(), new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied upstream.protocol')
    assert.ok(outcome.kind === 'denied' && outcome.denial.facts?.['reason'] === 'HTTP2_NOT_NEGOTIATED')
    assert.equal(requests, 0)
  })

  it('is 502 upstream.tls_failed where its certificate is not trusted', async t => {
    const upstream = await startHttp2(t, ok, tls)
    const outcome = await targetOf(t, upstream.origin).call(makeExchange(), new FakeReply())
    assert.equal(codeOfOutcome(outcome), 'denied upstream.tls_failed')
    assert.equal(upstream.heads.length, 0)
  })
})
