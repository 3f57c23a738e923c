/** An upstream that fails is 502, 503 or 504, never a pass, never a hang; an answer that breaks off looks broken. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { ErrorCode } from '../../src/errors/catalogue.ts'
import { open, send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { openScene, type Places, type ScenePlan } from '../support/scene.ts'
import { startRawUpstream, startUpstream, until } from '../support/upstream.ts'

const settings =
  (target?: string) =>
  ({ upstream }: Places): string =>
    `
apis:
  - name: orders
    upstream: { targets: [ "${target ?? upstream}" ], connect_timeout: 300ms, response_timeout: 400ms }
    open: true
`

const HEAD = 'HTTP/1.1 200 OK\r\n'
const raw = (bytes: string): ReturnType<typeof startRawUpstream> =>
  startRawUpstream(socket => void socket.write(bytes, 'latin1'))
const rawAndEnd = (bytes: string): ReturnType<typeof startRawUpstream> =>
  startRawUpstream(socket => void socket.end(bytes, 'latin1'))

interface Failure {
  readonly name: string
  readonly upstream: ScenePlan['upstream'] | (() => ReturnType<typeof startRawUpstream>)
  readonly code: ErrorCode
}

const BEFORE_THE_HEAD: readonly Failure[] = [
  { name: 'resets the connection', upstream: 'reset_before_head', code: 'upstream.reset' },
  { name: 'closes the connection', upstream: 'close_before_head', code: 'upstream.reset' },
  { name: 'never answers', upstream: 'never', code: 'upstream.response_timeout' },
  { name: 'speaks another protocol', upstream: () => raw('220 smtp ready\r\n'), code: 'upstream.protocol' },
  { name: 'sends half a head', upstream: () => rawAndEnd(`${HEAD}Content-Le`), code: 'upstream.reset' },
  {
    name: 'sends two lengths',
    upstream: () => raw(`${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`),
    code: 'upstream.protocol',
  },
  {
    name: 'sends a length and chunks',
    upstream: () => raw(`${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    code: 'upstream.protocol',
  },
  {
    name: 'sends an unknown transfer coding',
    upstream: () => rawAndEnd(`${HEAD}Transfer-Encoding: gzip\r\n\r\nab`),
    code: 'upstream.protocol',
  },
  {
    name: 'sends a control character in a field',
    upstream: () => raw(`${HEAD}X: a\u0001b\r\nContent-Length: 0\r\n\r\n`),
    code: 'upstream.protocol',
  },
  {
    name: 'sends 101 without being asked',
    upstream: () => raw('HTTP/1.1 101 No\r\nUpgrade: x\r\n\r\n'),
    code: 'upstream.protocol',
  },
  {
    name: 'sends a head without end',
    upstream: () => raw(`${HEAD}X: ${'x'.repeat(300_000)}`),
    code: 'upstream.protocol',
  },
]

for (const { name, upstream, code } of BEFORE_THE_HEAD) {
  test(`an upstream that ${name} is ${code}`, async t => {
    const scene = await openScene(t, {
      settings: settings(),
      upstream:
        typeof upstream === 'function' ? await (upstream as () => ReturnType<typeof raw>)() : (upstream ?? 'ok'),
    })
    for (const method of ['GET', 'POST']) {
      const startedAt = performance.now()
      const answer = await scene.call({ method })
      assert.ok(performance.now() - startedAt < 2_000, 'in time')
      const record = await scene.gateway.recordOf(answer.field('x-request-id') ?? null)
      assert.equal(record['microgateway.decision'], 'allow')
      assert.equal(answer.status >= 502 && answer.status <= 504, true, answer.body)
      assert.equal(answer.json()['code'], code)
      assert.equal(record['error.type'], code)
      assert.ok(!answer.body.includes(new URL(scene.upstream.origin).port), 'the caller learns no address')
    }
  })
}

test('a request that is not safe reaches a failing upstream once', async t => {
  const scene = await openScene(t, { settings: settings(), upstream: 'reset_before_head' })
  await scene.call({ method: 'POST', body: 'once' })
  assert.equal(scene.upstream.requests.length, 1)
})

test('an upstream that is not there is 502', async t => {
  const server = createServer()
  const port = await new Promise<number>(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise(resolve => server.close(resolve))
  const scene = await openScene(t, { settings: settings(`http://127.0.0.1:${port}`) })
  const answer = await scene.call()
  assert.equal(answer.status, 502)
  assert.equal(answer.json()['code'], 'upstream.unreachable')
})

test('an upstream with a certificate that nobody vouches for gets no byte of the request', async t => {
  const upstream = await startUpstream('ok', { tls: makeCertificate('DNS:localhost,IP:127.0.0.1') })
  const scene = await openScene(t, { settings: settings(), upstream })
  const answer = await scene.call()
  assert.equal(answer.status, 502)
  assert.equal(answer.json()['code'], 'upstream.tls_failed')
  assert.equal(upstream.requests.length, 0)
})

for (const behaviour of ['reset_after_head', 'short_body'] as const) {
  test(`an answer that breaks off (${behaviour}) is cut for the caller, too`, async t => {
    const scene = await openScene(t, { settings: settings(), upstream: behaviour })
    await assert.rejects(send(scene.gateway.url))
    await until(() => scene.gateway.log.some(line => line['error.type'] === 'upstream.interrupted'), 'the record')
    const record = scene.gateway.log.find(line => line['error.type'] === 'upstream.interrupted')
    assert.equal(record?.['http.response.status_code'], 200)
  })
}

test('an answer without length that breaks off is cut: its chunks have no end', async t => {
  const upstream = await startRawUpstream(socket => {
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`, () => socket.resetAndDestroy())
  })
  const scene = await openScene(t, { settings: settings(), upstream })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send('GET /orders HTTP/1.1\r\nHost: x\r\n\r\n')
  assert.ok(!(await socket.closed()).endsWith('0\r\n\r\n'))
})

test('a caller who leaves cancels the call to the upstream', async t => {
  const upstream = await startUpstream('sse')
  const scene = await openScene(t, { settings: settings(), upstream })
  const incoming = await open(scene.gateway.url)
  await new Promise(resolve => incoming.once('data', resolve))
  assert.equal(upstream.open(), 1)
  incoming.destroy()
  await until(() => upstream.open() === 0, 'the upstream to see the end')
  const gone = (): boolean => scene.gateway.log.some(line => line['error.type'] === 'caller.gone')
  await until(gone, 'the record')
})

test('a caller who leaves before the answer is 499 in the log, and the upstream is let go', async t => {
  const upstream = await startUpstream('never')
  const patient = (places: Places): string => settings()(places).replace('400ms', '30s')
  const scene = await openScene(t, { settings: patient, upstream })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send('GET /orders HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => upstream.requests.length === 1)
  socket.destroy()
  await until(() => upstream.open() === 0, 'the upstream to see the end')
  await until(() => scene.gateway.log.some(line => line['http.response.status_code'] === 499), 'the record')
})
