/** Bytes of an upstream that nobody asked for: they end its connection and are never the next caller's answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type AnswerCase, judgeAnswers, openAnswerBench, passed, REFUSED } from '../support/answer-bench.ts'
import { startHostileUpstream } from '../support/hostile-upstream.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { openScene } from '../support/scene.ts'
import { until } from '../support/upstream.ts'
import { readAnswer } from '../support/whole-answer.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const STOLEN = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen'
const POISON = 'CVE-2026-6733'
/** Whole, and its connection is not used again. */
const ONCE = { status: 200, body: 'ok' } as const

const behind = (answer: string, name: string, expect: AnswerCase['expect'], method = 'GET'): AnswerCase => ({
  name,
  rule: POISON,
  method,
  answer: answer,
  expect,
})

judgeAnswers('bytes behind an answer', [
  behind(OK + STOLEN, 'answers twice', ONCE),
  behind(`${OK}x`, 'sends a byte more than its length', ONCE),
  behind(`${OK}${'x'.repeat(200_000)}`, 'sends 200,000 bytes more than its length', ONCE),
  behind(`${OK}HTTP/1.1 100 Continue\r\n\r\n`, 'sends an interim answer behind its answer', ONCE),
  behind(`${OK}\0`, 'sends a NUL behind its answer', ONCE),
  behind(
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${STOLEN}`,
    'answers twice, in chunks',
    ONCE,
  ),
  behind(`HTTP/1.1 204 No Content\r\n\r\n${STOLEN}`, 'answers twice, without content', { status: 204, body: '' }),
  behind('HTTP/1.1 204 No Content\r\n\r\nok', 'sends content with 204', { status: 204, body: '' }),
  behind('HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok', 'sends content with 204 and its length', {
    status: 204,
  }),
  behind('HTTP/1.1 304 Not Modified\r\n\r\nok', 'sends content with 304', { status: 304, body: '' }),
  behind('HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok', 'sends content with 304 and its length', {
    status: 304,
  }),
  behind(OK, 'sends content in answer to HEAD', { status: 200 }, 'HEAD'),
  behind(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'sends chunks in answer to HEAD',
    { status: 200 },
    'HEAD',
  ),
  behind(`HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n${STOLEN}`, 'answers HEAD twice', { status: 200 }, 'HEAD'),
  behind('HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\nok', 'sends content with 205', {
    status: 205,
    body: '',
  }),
  {
    name: 'sends the rest of a second answer a moment later',
    rule: POISON,
    answer: ({ socket }) => void socket.write(OK, () => setImmediate(() => socket.write(STOLEN))),
    expect: ONCE,
  },
  behind('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok', 'closes behind its answer', ONCE),
  behind(
    `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok${STOLEN}`,
    'answers twice and closes',
    ONCE,
  ),
  {
    name: 'ends its connection behind its answer',
    rule: 'RFC 9112 section 9.6',
    answer: OK,
    afterwards: 'end',
    expect: ONCE,
  },
  {
    name: 'resets its connection behind its answer',
    rule: 'RFC 9112 section 9.6',
    answer: OK,
    afterwards: 'reset',
    expect: { status: 200 },
  },
])

const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'
judgeAnswers('an interim answer', [
  behind(`HTTP/1.1 100 Continue\r\n\r\n${OK}`, 'sends 100 unasked', REFUSED),
  behind(`${HINT}${OK}`, 'sends hints', passed('ok', { link: [] })),
  behind(`HTTP/1.1 102 Processing\r\n\r\n${OK}`, 'says that it is at work', passed('ok')),
  behind(`HTTP/1.1 199 Odd\r\n\r\n${OK}`, 'sends an interim answer that nobody knows', passed('ok')),
  behind(HINT.repeat(16) + OK, 'sends 16 hints', passed('ok')),
  behind(HINT.repeat(17) + OK, 'sends 17 hints', REFUSED),
  behind('HTTP/1.1 100 Continue\r\n\r\n'.repeat(10_000), 'sends 100 for ever', REFUSED),
  behind(
    `HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\nok${OK}`,
    'sends an interim answer with a body',
    REFUSED,
  ),
  behind(
    `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${OK}`,
    'sends an interim answer in chunks',
    REFUSED,
  ),
  behind(
    `HTTP/1.1 103 Early Hints\r\nX-A: ${'x'.repeat(70_000)}\r\n\r\n${OK}`,
    'sends an interim answer of 70,000 bytes',
    REFUSED,
  ),
  behind('HTTP/1.1 101 Switching Protocols\r\n\r\n', 'sends 101 unasked', REFUSED),
  behind(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'sends 101 with a protocol unasked',
    REFUSED,
  ),
  behind('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n', 'switches to h2c', REFUSED),
  behind(`HTTP/1.1 101 Switching Protocols\r\nContent-Length: 2\r\n\r\nok${OK}`, 'sends 101 with a body', REFUSED),
  {
    name: 'sends hints and ends',
    rule: 'RFC 9110 section 15.2',
    method: 'POST',
    answer: HINT,
    afterwards: 'end',
    expect: { code: 'upstream.reset' },
  },
])

const upgrade = (answer: string, name: string, expect: AnswerCase['expect'], afterwards?: 'end'): AnswerCase => ({
  name,
  rule: 'RFC 9110 section 7.8',
  lines: 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
  answer,
  expect,
  ...(afterwards !== undefined && { afterwards }),
})
judgeAnswers('an answer to an upgrade', [
  upgrade(
    'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    'switches to a protocol that was not offered',
    REFUSED,
  ),
  upgrade('HTTP/1.1 101 S\r\nConnection: Upgrade\r\n\r\n', 'names no protocol', REFUSED),
  upgrade('HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n', 'names two protocols', REFUSED),
  upgrade(
    'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n',
    'names two protocols in two lines',
    REFUSED,
  ),
  upgrade(
    'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'switches as asked',
    { status: 101 },
    'end',
  ),
  upgrade('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno', 'declines', { status: 403, body: 'no' }),
])

test('bytes on an idle connection end it, and the next caller gets its own answer', async t => {
  const bench = await openAnswerBench(t)
  for (const bytes of [
    STOLEN,
    STOLEN.repeat(50),
    'x',
    '\r\n',
    'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n',
    '\0',
  ]) {
    await bench.askWell()
    const connection = bench.upstream.list.at(-1)
    connection?.socket.write(bytes, 'latin1')
    await until(() => connection?.isOpen() === false, `the end of the connection after ${JSON.stringify(bytes)}`)
    await bench.askWell()
  }
})

test('bytes that meet the next request on its way are nobody’s answer, however the race ends', async t => {
  const bench = await openAnswerBench(t)
  for (let i = 0; i < 40; i++) {
    await bench.askWell()
    const connection = bench.upstream.list.at(-1)
    connection?.socket.write(STOLEN)
    for (let turns = i % 5; turns > 0; turns--) await turn()
    // It never is the one who gets `stolen`: judged by the answer's own target.
    await bench.askWell()
  }
})

test('an answer that is there before its request is at most the first caller’s, and nobody’s after it (CVE-2026-48931)', async t => {
  const upstream = await startHostileUpstream({
    accept: ({ socket }) => void socket.write(STOLEN),
    answer: ({ socket, target }) =>
      void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`),
  })
  const scene = await openScene(t, {
    upstream,
    settings: places => `
apis: [ { name: orders, open: true, upstream: { targets: [ "${places.upstream}" ], outliers: { failures: 0 } } } ]
`,
  })
  for (const target of ['/orders/1', '/orders/2', '/orders/3']) {
    const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
    socket.send(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const answer = readAnswer(await socket.closed())
    assert.equal(answer?.rest, '')
    const connection = upstream.list.at(-1)
    await until(() => connection?.isOpen() === false, 'the end of the connection')
    assert.ok((connection?.targets.length ?? 0) <= 1, 'its second answer is nobody’s')
  }
})
