/** Product.md 3: WebSockets and event streams end with their token, or when their caller would be refused now. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import type { ErrorCode } from '../../src/errors/catalogue.ts'
import { type Call, open, send } from '../support/call.ts'
import { createTestClock } from '../support/clock.ts'
import { openGateway, type TestGateway } from '../support/gateway.ts'
import { startKeyServer } from '../support/key-server.ts'
import { startUpstream, startWebSocketUpstream, type TestUpstream, until } from '../support/upstream.ts'

const SKEW_MS = 30_000
const HOUR_MS = 3_600_000

/** An answer that goes on, seen from both ends. */
interface Stream {
  readonly name: string
  readonly requestId: string
  /** Sends a word from the upstream and resolves when the caller has it. */
  passes(): Promise<void>
  /** Resolves when the caller's answer was cut and the upstream's is given up. */
  isCut(): Promise<void>
  /** Ends it at the upstream. */
  finish(): void
}

interface StreamUpstream {
  readonly upstream: TestUpstream
  /** What the upstream answers on a path. */
  at(path: string): ServerResponse | undefined
}

/** Starts an upstream whose answers go on, event streams unless the path says `zip`. */
async function startStreamUpstream(t: TestContext): Promise<StreamUpstream> {
  const answers = new Map<string, ServerResponse>()
  const upstream = await startUpstream((request, response) => {
    request.resume()
    const path = request.url ?? ''
    answers.set(path, response)
    const type = path.includes('zip') ? 'application/zip' : 'text/event-stream'
    response.writeHead(200, { 'content-type': type }).flushHeaders()
  })
  t.after(() => upstream.close())
  return { upstream, at: path => answers.get(path) }
}

async function openStream(gateway: TestGateway, { at }: StreamUpstream, path: string, call: Call): Promise<Stream> {
  const incoming: IncomingMessage = await open(gateway.url, { path, ...call })
  assert.equal(incoming.statusCode, 200, path)
  let text = ''
  let isClosed = false
  incoming.setEncoding('utf8')
  incoming
    .on('data', part => {
      text += part
    })
    .on('error', () => {})
    .on('close', () => {
      isClosed = true
    })
  const answer = at(path)
  assert.ok(answer !== undefined)
  let words = 0
  return {
    name: path,
    requestId: String(incoming.headers['x-request-id']),
    async passes() {
      words += 1
      const word = `data: ${words}\n\n`
      answer.write(word)
      await until(() => text.endsWith(word), `a word on ${path}`)
    },
    async isCut() {
      await until(() => isClosed, `the end of ${path}`)
      assert.equal(incoming.complete, false, `${path} looks cut`)
      await until(() => answer.destroyed, `the end of ${path} at the upstream`)
    },
    finish: () => void answer.end(),
  }
}

async function openSocket(gateway: TestGateway, path: string, token: string): Promise<WebSocket> {
  const { host } = new URL(gateway.url)
  const socket = new WebSocket(`ws://${host}${path}`, { headers: { authorization: `Bearer ${token}` } })
  await once(socket, 'open')
  return socket
}

async function judgeEnd(gateway: TestGateway, { requestId, name }: Stream, code: ErrorCode): Promise<void> {
  const record = await gateway.recordOf(requestId)
  assert.equal(record['error.type'], code, name)
  assert.equal(record['http.response.status_code'], 200)
  assert.equal(record['microgateway.decision'], 'allow')
}

test('WebSockets and event streams end at exp plus the skew, other answers at their time limit', async t => {
  const clock = createTestClock(Date.now())
  const keys = await startKeyServer()
  t.after(() => keys.close())
  const streaming = await startStreamUpstream(t)
  const chat = await startWebSocketUpstream()
  t.after(() => chat.close())
  const { origin } = streaming.upstream
  const settings = `
ports: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
admin_api: { open_metrics: true }
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${keys.issuer}", jwksuri: "${keys.jwksUri}" } }
    - { name: endless, localIntrospectionConfig: { require_exp: false, issuer: "https://endless", jwksuri: "${keys.jwksUri}" } }
apis:
  - { name: orders, upstream: "${origin}", policies: [ jwt: idp ] }
  - { name: chat, upstream: "${chat.origin}", policies: [ jwt: idp ] }
  - { name: lasting, upstream: "${origin}", policies: [ jwt: idp ], close_on_expiry: false }
  - { name: endless, upstream: "${origin}", policies: [ jwt: endless ] }
  - { name: short, upstream: { targets: [ "${origin}" ], stream_timeout: 60s }, policies: [ jwt: idp ] }
  - { name: open, upstream: "${origin}", open: true }
`
  const gateway = await openGateway(t, { settings, clock })
  await gateway.gateway.keysSettled(5_000)
  const now = clock.seconds()
  const sign = (exp: number | undefined, more = {}): Promise<string> => keys.sign({ exp, ...more }, { now })
  const ending = await sign(now + 60)
  const later = await sign(now + 61)

  const cut = await openStream(gateway, streaming, '/orders/ending', { token: ending })
  const timed = await openStream(gateway, streaming, '/short/zip', { token: later })
  const lasting = [
    await openStream(gateway, streaming, '/orders/later', { token: later }),
    await openStream(gateway, streaming, '/orders/zip', { token: ending }),
    await openStream(gateway, streaming, '/lasting/events', { token: ending }),
    await openStream(gateway, streaming, '/endless/events', {
      token: await sign(undefined, { iss: 'https://endless' }),
    }),
    await openStream(gateway, streaming, '/open/events', { token: ending }),
  ]
  const endingSocket = await openSocket(gateway, '/chat/ending', ending)
  const laterSocket = await openSocket(gateway, '/chat/later', later)
  const closed = once(endingSocket, 'close')

  clock.advance(60_000 + SKEW_MS - (clock.now() % 1000))
  assert.equal(clock.now(), (now + 60) * 1000 + SKEW_MS)
  const [code, reason] = (await closed) as [number, Buffer]
  assert.deepEqual([code, String(reason)], [1008, 'The token of the stream has expired'])
  await Promise.all([cut.isCut(), timed.isCut()])
  await judgeEnd(gateway, cut, 'stream.expired')
  await judgeEnd(gateway, timed, 'stream.timeout')
  const isRecorded = (): boolean =>
    gateway.log.some(line => line['url.path'] === '/chat/ending' && line['error.type'] === 'stream.expired')
  await until(isRecorded, 'the record of the WebSocket')

  for (const stream of lasting) await stream.passes()
  laterSocket.send('still there')
  assert.equal(String((await once(laterSocket, 'message'))[0]), 'still there')
  const metrics = (await send(gateway.adminUrl, { path: '/metrics' })).body
  assert.match(metrics, /^microgateway_streams\{kind="websocket"\} 1$/m)
  assert.match(metrics, /^microgateway_streams\{kind="event_stream"\} 4$/m)
  assert.match(metrics, /^microgateway_streams\{kind="other"\} 1$/m)
  assert.match(metrics, /^microgateway_streams_ended_total\{reason="expired"\} 2$/m)
  assert.match(metrics, /^microgateway_streams_ended_total\{reason="timeout"\} 1$/m)

  laterSocket.terminate()
  for (const stream of lasting) stream.finish()
})

test('a stream ends when its caller would be refused now, and for nothing else', async t => {
  const clock = createTestClock(Date.now())
  const [keys, moody] = [await startKeyServer(), await startKeyServer()]
  const streaming = await startStreamUpstream(t)
  const { origin } = streaming.upstream
  t.after(() => Promise.all([keys.close(), moody.close()]))
  const app = (id: string, more: string): string => `{ id: ${id}, name: ${id}, apis: [ keyed ], ${more} }`
  const key = (id: string): string => `identifiers: { api_keys: [ "key-of-${id}" ] }`
  const write = (applications: readonly string[], apis: readonly string[]): string => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${keys.issuer}", jwksuri: "${keys.jwksUri}" } }
    - name: moody
      localIntrospectionConfig: { issuer: "${moody.issuer}", jwksuri: "${moody.jwksUri}", jwks: { min_age: 1m, max_age: 5m, max_stale: 10m } }
applications: [ ${applications.join(', ')} ]
apis:
  - { name: keyed, upstream: "${origin}", policies: [ identify_and_authorize: { rules: [ { api_key: {} } ] } ] }
  - { name: orders, upstream: "${origin}", policies: [ jwt: idp ] }
  - { name: outage, upstream: "${origin}", policies: [ jwt: moody ] }
${apis.map(line => `  - ${line}\n`).join('')}`
  const going = `{ name: going, upstream: "${origin}", policies: [ jwt: idp ] }`
  const free = `{ name: free, upstream: "${origin}", open: true }`
  const all = ['stays', 'removed', 'suspended']
  const gateway = await openGateway(t, {
    settings: write(
      all.map(id => app(id, key(id))),
      [going, free],
    ),
    clock,
  })
  await gateway.gateway.keysSettled(5_000)
  const now = clock.seconds()
  const exp = now + 24 * 3_600
  const token = await keys.sign({ exp }, { now })

  const openKeyed = (id: string): Promise<Stream> =>
    openStream(gateway, streaming, `/keyed/${id}`, { apiKey: `key-of-${id}` })
  const [stays, removed, suspended] = [
    await openKeyed('stays'),
    await openKeyed('removed'),
    await openKeyed('suspended'),
  ]
  const old = await openStream(gateway, streaming, '/orders/old', { token })
  const gone = await openStream(gateway, streaming, '/going/events', { token })
  const outage = await openStream(gateway, streaming, '/outage/events', { token: await moody.sign({ exp }, { now }) })
  const anonymous = await openStream(gateway, streaming, '/free/events', {})

  await t.test('a reload takes keys, applications and routes away', async () => {
    const kept = [app('stays', key('stays')), app('suspended', `suspended: true, ${key('suspended')}`)]
    const status = await gateway.reload(write(kept, []))
    assert.equal(status.result, 'applied', JSON.stringify(status.problems))
    const table = [
      [removed, 'credentials.invalid'],
      [suspended, 'application.suspended'],
      [gone, 'route.not_found'],
    ] as const
    for (const [stream, code] of table) {
      assert.ok(stream !== undefined)
      await stream.isCut()
      await judgeEnd(gateway, stream, 'stream.revoked')
      const record = await gateway.recordOf(stream.requestId)
      assert.partialDeepStrictEqual(record['microgateway.facts'], { code })
    }
    for (const stream of [stays, old, outage, anonymous]) await stream?.passes()
  })

  await t.test('a signing key leaves its set; another key server is down', async () => {
    keys.rotate()
    moody.mode = 'status500'
    const fetched = moody.requested(moody.requests + 1)
    const fresh = await openStream(gateway, streaming, '/orders/fresh', { token: await keys.sign({ exp }, { now }) })
    clock.advance(HOUR_MS)
    await old.isCut()
    await judgeEnd(gateway, old, 'stream.revoked')
    await fetched
    for (const stream of [stays, fresh, outage, anonymous]) await stream?.passes()
    for (const stream of [stays, fresh, outage, anonymous]) stream?.finish()
  })
})

const DRAINING = ({ upstream }: StreamUpstream, timeout: string): string => `
drain: { delay: 0s, timeout: ${timeout} }
apis: [ { name: free, upstream: "${upstream.origin}", open: true } ]
`

test('a drain waits for streams, which go on until they end', async t => {
  const streaming = await startStreamUpstream(t)
  const gateway = await openGateway(t, { settings: DRAINING(streaming, '1m') })
  const stream = await openStream(gateway, streaming, '/free/events', {})
  const stopped = gateway.gateway.stop()
  await until(() => gateway.gateway.view.draining(), 'the drain')
  await stream.passes()
  stream.finish()
  assert.equal(await stopped, true)
})

test('at the end of the drain streams are cut', async t => {
  const streaming = await startStreamUpstream(t)
  const gateway = await openGateway(t, { settings: DRAINING(streaming, '50ms') })
  const stream = await openStream(gateway, streaming, '/free/events', {})
  assert.equal(await gateway.gateway.stop(), false)
  await stream.isCut()
})

test('many reloads under one WebSocket leave nothing behind but the snapshot that it began on', async t => {
  const chat = await startWebSocketUpstream()
  t.after(() => chat.close())
  const keys = await startKeyServer()
  t.after(() => keys.close())
  const write = (seconds: number): string => `
security_settings:
  auth_servers: [ { name: idp, localIntrospectionConfig: { issuer: "${keys.issuer}", jwksuri: "${keys.jwksUri}" } } ]
apis: [ { name: chat, upstream: { targets: [ "${chat.origin}" ], connect_timeout: ${seconds}s }, policies: [ jwt: idp ] } ]
`
  const gateway = await openGateway(t, { settings: write(1) })
  await gateway.reload(write(2))
  const atRest = gateway.gateway.held()
  const socket = await openSocket(gateway, '/chat/socket', await keys.sign())
  for (let seconds = 3; seconds < 23; seconds++) {
    const status = await gateway.reload(write(seconds))
    assert.equal(status.result, 'applied', JSON.stringify(status.problems))
  }
  assert.ok(gateway.gateway.held() <= atRest * 2, `${gateway.gateway.held()} held, ${atRest} at rest`)
  socket.send('still there')
  assert.equal(String((await once(socket, 'message'))[0]), 'still there')
  socket.close()
  await once(socket, 'close')
  await until(() => gateway.gateway.held() === atRest, 'the last release')
})
