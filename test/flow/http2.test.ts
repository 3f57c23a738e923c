/** HTTP/2 from callers: the same rules, the same answers, the same log, whatever the version. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { type Call, send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { type Http2Client, openHttp2, readAnswer } from '../support/http2-call.ts'
import { http2Settings } from '../support/http2-settings.ts'
import { fieldsOf, judgeRefusal, openScene, type Refusal, type Scene } from '../support/scene.ts'
import type { Behaviour } from '../support/upstream.ts'

interface Http2Scene extends Scene {
  readonly client: Http2Client
  readonly cert: string
}

async function openHttp2Scene(t: TestContext, more = '', upstream: Behaviour = 'ok'): Promise<Http2Scene> {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
  const files = { 'tls.crt': cert, 'tls.key': key }
  const scene = await openScene(t, { settings: places => http2Settings(places, more), files, upstream })
  const client = await openHttp2(scene.gateway.httpsUrl, cert)
  t.after(() => client.close())
  return { ...scene, client, cert }
}

/** Makes a call over HTTP/2 that must be refused as over HTTP/1.1, without a byte to the upstream. */
async function refuse(scene: Http2Scene, call: Call, refusal: Refusal): Promise<void> {
  const { upstream, client, gateway } = scene
  const before = { connections: upstream.connections(), bytes: upstream.raw().length }
  const answer = await client.send(call)
  await judgeRefusal(answer, refusal, gateway)
  const record = await gateway.recordOf(answer.field('x-request-id') ?? null)
  assert.equal(record['network.protocol.version'], '2.0')
  assert.deepEqual({ connections: upstream.connections(), bytes: upstream.raw().length }, before)
}

test('a call over HTTP/2', async t => {
  const scene = await openHttp2Scene(t)
  const { client, upstream, gateway } = scene
  const token = await scene.keys.sign()

  await t.test('reaches the upstream as one over HTTP/1.1 does', async () => {
    const lines = ['cookie', 'a=1', 'cookie', 'b=2', 'te', 'trailers', 'x-own', 'v']
    const answer = await client.send({ token, path: '/orders/v1/%41?q=%2F', lines })
    assert.equal(answer.status, 200)
    assert.equal(answer.body, 'ok')
    const seen = upstream.requests.at(-1)
    assert.ok(seen !== undefined)
    assert.equal(seen.url, '/orders/v1/A?q=%2F')
    const fields = fieldsOf(seen)
    assert.equal(fields['cookie'], 'a=1; b=2')
    assert.equal(fields['x-own'], 'v')
    assert.equal(fields['te'], undefined)
    assert.equal(fields['x-forwarded-proto'], 'https')
    assert.equal(fields['x-forwarded-host'], new URL(gateway.httpsUrl).host.replace('127.0.0.1', 'localhost'))
    assert.match(fields['via'] ?? '', /^2\.0 /)
    assert.ok(Object.keys(fields).every(name => !name.startsWith(':')))
    const record = await gateway.recordOf(answer.field('x-request-id') ?? null)
    assert.equal(record['network.protocol.version'], '2.0')
    assert.equal(record['microgateway.decision'], 'allow')
    assert.equal(record['url.scheme'], 'https')
  })
  await t.test('brings its body along, and none of its trailers', async () => {
    const stream = client.session.request(
      { ':method': 'POST', ':path': '/orders/v1/items', authorization: `Bearer ${token}` },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-late': '1' }))
    stream.end('the body')
    assert.equal((await readAnswer(stream)).status, 200)
    const seen = upstream.requests.at(-1)
    assert.equal(seen?.body.toString(), 'the body')
    assert.ok(!upstream.raw().includes('x-late'))
  })
  await t.test('is refused without credentials, with bad ones, and with two', async () => {
    const missing = { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] } as const
    await refuse(scene, {}, missing)
    await refuse(scene, { method: 'POST', body: 'x'.repeat(100_000) }, missing)
    await refuse(scene, { token: 'no.good.token' }, { code: 'token.malformed', challenge: 'invalid_token' })
    const expired = await scene.keys.sign({ exp: 1 })
    await refuse(scene, { token: expired }, { code: 'token.expired', challenge: 'invalid_token' })
  })
  await t.test('is refused for its path as over HTTP/1.1', async () => {
    for (const path of [
      '/orders/../admin',
      '/orders//x',
      '/orders/%2e%2e/x',
      '/orders/a%2Fb',
      '/orders;x/y',
      '/orders/\\x',
    ]) {
      await refuse(scene, { token, path }, { code: 'request.path_invalid' })
    }
    await refuse(scene, { token, path: '/nothing' }, { code: 'route.not_found' })
  })
  await t.test('is refused for its size as over HTTP/1.1', async () => {
    await refuse(scene, { token, path: `/orders/${'x'.repeat(9_000)}` }, { code: 'request.target_too_long' })
    const lines = Array.from({ length: 130 }, (_, i) => [`x-${i}`, 'y']).flat()
    await refuse(scene, { token, lines }, { code: 'request.head_too_large', facts: { reason: 'count' } })
  })
  await t.test('is refused for its method as over HTTP/1.1', async () => {
    await refuse(scene, { token, method: 'TRACE' }, { code: 'request.method_refused' })
  })
  await t.test('cannot become a WebSocket or a tunnel', async () => {
    assert.notEqual(client.session.remoteSettings.enableConnectProtocol, true)
    const stream = client.session.request({ ':method': 'CONNECT', ':authority': 'localhost:22' })
    assert.equal((await readAnswer(stream.end())).status, 405)
  })
  await t.test('asks about the gateway itself with `OPTIONS *`', async () => {
    assert.equal((await client.send({ method: 'OPTIONS', path: '*' })).status, 200)
  })
  await t.test('shares its connection with others, and harms none of them', async () => {
    const calls = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0
        ? client.send({})
        : i % 3 === 1
          ? client.send({ token })
          : client.send({ token, path: '/orders/../x' }),
    )
    const statuses = (await Promise.all(calls)).map(answer => answer.status)
    assert.deepEqual([...new Set(statuses)].sort(), [200, 400, 401])
    assert.equal(statuses.filter(status => status === 200).length, 20)
  })
})

test('what is spoken is agreed on by ALPN', async t => {
  const scene = await openHttp2Scene(t)
  const token = await scene.keys.sign()
  const port = Number(new URL(scene.gateway.httpsUrl).port)
  const agree = async (ALPNProtocols?: string[]): Promise<string | false | null> => {
    const socket = connect({ port, ca: scene.cert, servername: 'localhost', ...(ALPNProtocols && { ALPNProtocols }) })
    await once(socket, 'secureConnect')
    socket.destroy()
    return socket.alpnProtocol
  }
  assert.equal(await agree(['http/1.1', 'h2']), 'h2')
  assert.equal(await agree(['http/1.1']), 'http/1.1')
  assert.equal(await agree(), false)
  await assert.rejects(agree(['spdy/3']))
  const answer = await send(scene.gateway.httpsUrl, { token, ca: scene.cert })
  assert.equal(answer.status, 200)
  const record = await scene.gateway.recordOf(answer.field('x-request-id') ?? null)
  assert.equal(record['network.protocol.version'], '1.1')
})

test('a stream of events arrives as it is made, and ends upstream when its caller leaves', async t => {
  const scene = await openHttp2Scene(t, '', 'sse')
  const stream = scene.client.open({ token: await scene.keys.sign() })
  const [chunk] = await once(stream, 'data')
  assert.equal(String(chunk), 'data: one\n\n')
  assert.equal(scene.upstream.open(), 1)
  stream.close(8)
  while (scene.upstream.open() > 0) await new Promise(resolve => setTimeout(resolve, 1))
})

test('an answer that the upstream cuts is a reset stream', async t => {
  const scene = await openHttp2Scene(t, '', 'short_body')
  await assert.rejects(scene.client.send({ token: await scene.keys.sign() }), { code: 'ERR_HTTP2_STREAM_ERROR' })
})

test('cleartext HTTP/2 is behind a switch', async t => {
  const off = await openHttp2Scene(t)
  const refused = await openHttp2(off.gateway.url)
  await assert.rejects(refused.send({ token: await off.keys.sign() }))
  await refused.close()
  const on = await openHttp2Scene(t, 'http2: { cleartext: true }')
  const client = await openHttp2(on.gateway.url)
  const answer = await client.send({ token: await on.keys.sign() })
  assert.equal(answer.status, 200)
  const record = await on.gateway.recordOf(answer.field('x-request-id') ?? null)
  assert.deepEqual([record['network.protocol.version'], record['url.scheme']], ['2.0', 'http'])
  await client.close()
  assert.equal((await on.call({ token: await on.keys.sign() })).status, 200)
})
