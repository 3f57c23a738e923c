/** An upstream that goes away, or takes its time, at every stage of an exchange; and one that does not take what it is sent. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { ErrorCode } from '../../src/errors/catalogue.ts'
import { type AnswerCase, judgeAnswers, openAnswerBench } from '../support/answer-bench.ts'
import { type Arrival, type HostileUpstream, startHostileUpstream } from '../support/hostile-upstream.ts'
import { openRawSocket, type RawSocket } from '../support/raw-socket.ts'
import { openScene, type Scene } from '../support/scene.ts'
import { until } from '../support/upstream.ts'
import { type ReceivedAnswer, readAnswer } from '../support/whole-answer.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'
const CUT = { cut: true } as const

/** Each stage with a request that may be sent again and one that may not: neither is, on a fresh connection. */
const stages: readonly (readonly [string, string, AnswerCase['expect']])[] = [
  ['before a byte', '', { code: 'upstream.reset' }],
  ['inside the version', 'HTT', { code: 'upstream.reset' }],
  ['behind the status line', 'HTTP/1.1 200 OK\r\n', { code: 'upstream.reset' }],
  ['inside a field name', 'HTTP/1.1 200 OK\r\nContent-Le', { code: 'upstream.reset' }],
  ['inside a field value', 'HTTP/1.1 200 OK\r\nContent-Length: 9', { code: 'upstream.reset' }],
  ['inside the end of the head', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r', { code: 'upstream.reset' }],
  ['behind an interim answer', 'HTTP/1.1 103 Early Hints\r\n\r\n', { code: 'upstream.reset' }],
  [
    'inside an answer that follows an interim one',
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 20',
    { code: 'upstream.reset' },
  ],
  ['behind the head', HEAD, CUT],
  ['inside the body', `${HEAD}ok`, CUT],
  ['before the last byte of the body', `${HEAD}12345678`, CUT],
]
judgeAnswers(
  'an upstream that goes',
  stages.flatMap(([stage, answer, expect]) =>
    (['end', 'reset'] as const).flatMap(afterwards =>
      ['POST', 'DELETE'].map((method): AnswerCase => {
        const name = `${afterwards === 'end' ? 'closes' : 'resets'} ${stage} (${method})`
        return { name, rule: 'RFC 9112 section 8', method, body: 'once', answer, afterwards, expect }
      }),
    ),
  ),
)

interface StageScene {
  readonly scene: Scene
  readonly upstream: HostileUpstream
  /** Opens a connection to the gateway and sends a request. */
  ask(text: string): Promise<RawSocket>
}

async function open(t: TestContext, answer: (arrival: Arrival) => void, more = ''): Promise<StageScene> {
  const upstream = await startHostileUpstream({ answer })
  const scene = await openScene(t, {
    upstream,
    settings: places => `
apis:
  - name: orders
    open: true
    upstream: { targets: [ "${places.upstream}" ], response_timeout: 300ms, outliers: { failures: 0 }${more} }
`,
  })
  return {
    scene,
    upstream,
    async ask(text) {
      const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port), deadlineMs: 10_000 })
      socket.send(text)
      return socket
    },
  }
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
const errorOf = ({ scene }: StageScene, answer: ReceivedAnswer | undefined): Promise<ErrorCode> =>
  scene.gateway.recordOf(answer?.all('x-request-id')[0] ?? null).then(record => record['error.type'] as ErrorCode)

/** Waits are the point here: at the same time, they cost one wait. */
test('time', { concurrency: true }, async t => {
  await Promise.all([
    t.test('a head that comes byte by byte is 504 when its time is up', async () => {
      const stop = new AbortController()
      const bench = await open(t, ({ socket }) => {
        const text = `HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(100)}`
        let at = 0
        const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 20)
        for (const event of ['close', 'error', 'end']) socket.once(event, () => clearInterval(timer))
        stop.signal.addEventListener('abort', () => clearInterval(timer))
      })
      const socket = await bench.ask(get('/orders/drip'))
      const answer = readAnswer(await socket.closed())
      stop.abort()
      assert.equal(answer?.status, 504)
      assert.equal(await errorOf(bench, answer), 'upstream.response_timeout')
      await until(() => bench.upstream.open() === 0, 'the end of the connection')
    }),
    t.test('interim answers buy no time', async () => {
      const bench = await open(t, ({ socket }) => {
        let left = 12
        const timer = setInterval(() => {
          left -= 1
          if (left > 0 && !socket.destroyed) socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')
          else clearInterval(timer)
        }, 200)
        socket.once('close', () => clearInterval(timer))
      })
      const begun = performance.now()
      const answer = readAnswer(await (await bench.ask(get('/orders/hints'))).closed())
      assert.equal(answer?.status, 504)
      assert.ok(performance.now() - begun < 2_600 + 4_000, 'long before the last of them')
    }),
    t.test('an answer that never comes to an end is cut when its silence is too long', async () => {
      const bench = await open(t, ({ socket }) => void socket.write(`${HEAD}ok`), ', idle_timeout: 300ms')
      const answer = readAnswer(await (await bench.ask(get('/orders/silent'))).closed())
      assert.equal(answer?.status, 200)
      assert.equal(answer?.isWhole, false)
      await until(() => bench.upstream.open() === 0, 'the end of the connection')
    }),
    t.test('a caller whose upstream hangs is answered, and the next one is not behind it', async () => {
      const bench = await open(t, ({ socket, target }) => {
        if (target !== '/orders/hang') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      })
      const hanging = await bench.ask(get('/orders/hang'))
      const answer = readAnswer(await (await bench.ask(get('/orders/quick'))).closed())
      assert.equal(answer?.body, 'ok')
      assert.equal(readAnswer(await hanging.closed())?.status, 504)
    }),
  ])
})

const post = (target: string, length: number): string =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`

test('an answer that comes while the request is still being sent is the caller’s, and its connection ends', async t => {
  for (const answer of [
    'HTTP/1.1 409 No\r\nContent-Length: 2\r\n\r\nno',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  ]) {
    const bench = await open(t, ({ socket }) => void socket.write(answer))
    const socket = await bench.ask(`${post('/orders/early', 100_000)}only the beginning`)
    await socket.until(/\r\n\r\n(?:no|ok)$/)
    socket.destroy()
    await until(() => bench.upstream.open() === 0, 'the end of the connection')
    const next = await bench.ask(get('/orders/next'))
    assert.equal(readAnswer(await next.closed())?.rest, '')
    assert.equal(bench.upstream.countOf('/orders/early'), 1)
  }
})

test('an upstream that resets while it is sent a body is 502, and is asked once', async t => {
  const bench = await open(t, ({ socket }) => {
    socket.pause()
    setImmediate(() => socket.resetAndDestroy())
  })
  const socket = await bench.ask(post('/orders/reset', 4_000_000))
  socket.send('x'.repeat(4_000_000))
  const answer = readAnswer(await socket.until(/\}$/))
  assert.equal(answer?.status, 502)
  assert.equal(bench.upstream.requests.length, 1)
  socket.destroy()
})

test('an upstream that never reads holds its caller back, and no memory', async t => {
  const bench = await open(t, ({ socket }) => void socket.pause())
  const { port } = new URL(bench.scene.gateway.url)
  const caller = connect(Number(port), '127.0.0.1')
  caller.on('error', () => undefined)
  const size = 200 * 1024 * 1024
  caller.write(post('/orders/full', size))
  const chunk = Buffer.alloc(256 * 1024, 'x')
  let taken = 0
  let lastProgress = performance.now()
  const before = process.memoryUsage().arrayBuffers
  while (taken < size && performance.now() - lastProgress < 300) {
    if (caller.destroyed) break
    if (caller.writableLength === 0) {
      caller.write(chunk)
      taken += chunk.length
      lastProgress = performance.now()
    }
    await turn()
  }
  assert.ok(taken < size / 2, `${taken} bytes were taken`)
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024, 'what was taken is in the kernel')
  caller.destroy()
  await until(() => bench.upstream.list.every(({ socket }) => socket.resume().destroyed), 'the end of the connection')
})

test('a request that meets the end of an idle connection is sent again where it is safe, and else answered 502 at once', async t => {
  const bench = await openAnswerBench(t)
  const seen = (): number => bench.upstream.requests.length
  for (let i = 0; i < 30; i++) {
    await bench.askWell()
    const before = seen()
    const connection = bench.upstream.list.at(-1)
    if (i % 2 === 0) connection?.socket.resetAndDestroy()
    else connection?.socket.end()
    const method = i % 3 === 0 ? 'POST' : 'GET'
    const answer = await bench.scene.call({
      method,
      path: `/orders/race-${i}`,
      ...(method === 'POST' && { body: 'once' }),
    })
    if (method === 'GET') assert.equal(answer.status, 200, answer.body)
    else assert.ok(answer.status === 200 || answer.status === 502, answer.body)
    if (answer.status === 200) assert.equal(answer.body, `/orders/race-${i}`)
    // An upstream that only ended its side may have read the first one, too.
    assert.ok(seen() - before <= (method === 'GET' ? 2 : 1), `${method} arrived ${seen() - before} times`)
  }
})
