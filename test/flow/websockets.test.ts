/** WebSockets: the upgrade is judged like any request, before a byte goes upstream; then bytes pass both ways. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { type Answer, toAnswer } from '../support/call.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { fieldsOf, judgeRefusal, openScene, type Places, type Refusal, type Scene } from '../support/scene.ts'
import { startUpstream, startWebSocketUpstream, until } from '../support/upstream.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
  - { name: echo, upstream: "builtin:echo", open: true }
`

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

function connect(scene: Scene, token: string, path = '/orders/socket'): WebSocket {
  const { host } = new URL(scene.gateway.url)
  return new WebSocket(`ws://${host}${path}`, ['chat'], { headers: { authorization: `Bearer ${token}` } })
}

/** Sends an upgrade request by hand and resolves with its answer and everything that came. */
async function ask(
  scene: Scene,
  lines: readonly string[],
  start = 'GET /orders/socket HTTP/1.1',
  more = '',
): Promise<Answer> {
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send(`${[start, 'Host: api', ...lines].join('\r\n')}\r\n\r\n${more}`)
  const received = await socket.closed()
  return toAnswer(received)
}

test('messages pass both ways behind a token, text and bytes, and the end is passed on', async t => {
  const scene = await openScene(t, { settings, upstream: await startWebSocketUpstream() })
  const token = await scene.keys.sign({ sub: 'alice' })
  const socket = connect(scene, token)
  await once(socket, 'open')

  socket.send('hello')
  assert.equal(String((await once(socket, 'message'))[0]), 'hello')
  const bytes = Buffer.alloc(300_000, 7)
  socket.send(bytes)
  assert.ok(bytes.equals((await once(socket, 'message'))[0] as Buffer))
  const all = Array.from({ length: 50 }, (_, i) => `message ${i}`)
  const got: string[] = []
  socket.on('message', data => got.push(String(data)))
  for (const text of all) socket.send(text)
  await until(() => got.length === all.length, 'all messages')
  assert.deepEqual(got, all)

  const [seen] = scene.upstream.requests
  assert.ok(seen !== undefined)
  const fields = fieldsOf(seen)
  assert.equal(seen.url, '/orders/socket')
  assert.equal(fields['upgrade'], 'websocket')
  assert.equal(fields['sec-websocket-protocol'], 'chat')
  assert.equal(fields['x-forwarded-for'], '127.0.0.1')

  socket.send('bye')
  const [code] = await once(socket, 'close')
  assert.equal(code, 1000)
  const isRecorded = (): boolean => scene.gateway.log.some(line => line['http.response.status_code'] === 101)
  await until(isRecorded, 'the record')
  await until(() => scene.upstream.open() === 0, 'the upstream’s end')
})

test('a caller who breaks off ends the connection to the upstream', async t => {
  const scene = await openScene(t, { settings, upstream: await startWebSocketUpstream() })
  const socket = connect(scene, await scene.keys.sign())
  await once(socket, 'open')
  assert.equal(scene.upstream.open(), 1)
  socket.terminate()
  await until(() => scene.upstream.open() === 0, 'the end')
})

test('an upstream that breaks off ends the connection of the caller', async t => {
  const scene = await openScene(t, { settings, upstream: await startWebSocketUpstream() })
  const socket = connect(scene, await scene.keys.sign())
  await once(socket, 'open')
  scene.upstream.resetAll()
  await once(socket, 'close')
})

test('an upgrade is judged before a byte goes upstream', async t => {
  const scene = await openScene(t, { settings, upstream: await startWebSocketUpstream() })
  const expired = await scene.keys.sign({ exp: 1 })
  const good = await scene.keys.sign()
  const bad = { challenge: 'invalid_token' } as const
  const table: readonly (readonly [string, readonly string[], Refusal, string?])[] = [
    ['without a token', [], { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] }],
    ['with an expired token', [`Authorization: Bearer ${expired}`], { code: 'token.expired', ...bad }],
    ['with garbage', ['Authorization: Bearer x'], { code: 'token.malformed', ...bad }],
    [
      'with its token in the protocol list, where nobody looks',
      [`Sec-WebSocket-Protocol: bearer, ${good}`],
      { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] },
    ],
    ['to a path of nobody', [`Authorization: Bearer ${good}`], { code: 'route.not_found' }, 'GET /nowhere HTTP/1.1'],
    ['to a path with two readings', [], { code: 'request.path_invalid' }, 'GET /orders/../x HTTP/1.1'],
  ]
  for (const [name, lines, refusal, start] of table) {
    await t.test(name, async () => {
      const answer = await ask(scene, [...UPGRADE, ...lines], start, '\x81\x05hello')
      await judgeRefusal(answer, refusal, scene.gateway)
    })
  }
  await t.test('with a method that cannot upgrade', async () => {
    const answer = await ask(scene, [...UPGRADE, `Authorization: Bearer ${good}`], 'POST /orders/socket HTTP/1.1')
    await judgeRefusal(answer, { code: 'request.upgrade_refused' }, scene.gateway)
  })
  await t.test('with a body', async () => {
    const lines = [...UPGRADE, `Authorization: Bearer ${good}`, 'Content-Length: 5']
    await judgeRefusal(await ask(scene, lines, undefined, 'hello'), { code: 'request.upgrade_refused' }, scene.gateway)
  })
  await t.test('to two protocols at once', async () => {
    const lines = [...UPGRADE.slice(0, 1), 'Upgrade: websocket, h2c', `Authorization: Bearer ${good}`]
    await judgeRefusal(await ask(scene, lines), { code: 'request.upgrade_refused' }, scene.gateway)
  })
  assert.equal(scene.upstream.connections(), 0)
})

test('an upstream that declines is the answer, and the request is over', async t => {
  const upstream = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(403, { 'content-length': 7, 'x-why': 'full' }).end('no room')
  })
  const scene = await openScene(t, { settings, upstream })
  const answer = await ask(
    scene,
    [...UPGRADE, `Authorization: Bearer ${await scene.keys.sign()}`],
    undefined,
    'early bytes',
  )
  assert.equal(answer.status, 403)
  assert.equal(answer.body, 'no room')
  assert.equal(answer.field('x-why'), 'full')
  assert.ok(!upstream.raw().includes('early bytes'), 'what came behind the head is no request')
  assert.equal(upstream.requests.length, 1)
})

test('the built-in echo does not upgrade', async t => {
  const scene = await openScene(t, { settings })
  const answer = await ask(scene, UPGRADE, 'GET /echo HTTP/1.1')
  assert.equal(answer.status, 200)
})
