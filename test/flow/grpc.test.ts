/** gRPC through the gateway: HTTP/2 on both sides, streams both ways, the status behind the answer. */
import assert from 'node:assert/strict'
import type { ServerHttp2Stream } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { makeCertificate } from '../support/certificate.ts'
import { beginCall, type GrpcCall, MessageReader, toMessage } from '../support/grpc.ts'
import { openHttp2 } from '../support/http2-call.ts'
import { http2Settings } from '../support/http2-settings.ts'
import { startHttp2Upstream } from '../support/http2-upstream.ts'
import { fieldsOf, openScene, type Places, type Scene } from '../support/scene.ts'
import { until } from '../support/upstream.ts'

const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
const files = { 'tls.crt': cert, 'tls.key': key }
const HEAD = { ':status': 200, 'content-type': 'application/grpc' }

const settings = (places: Places): string =>
  http2Settings(places).replace(
    `upstream: "${places.upstream}"`,
    `upstream: { targets: [ "${places.upstream}" ], protocol: http2, response_timeout: 400ms }`,
  )

interface GrpcScene extends Scene {
  /** Streams that the service has seen, and the reset codes of those that are closed. */
  readonly streams: readonly ServerHttp2Stream[]
  begin(method: string, fields?: Record<string, string>): GrpcCall
}

/** What a small service does for each method, in gRPC's four shapes. */
const METHODS: Readonly<Record<string, (stream: ServerHttp2Stream) => void>> = {
  Unary(stream) {
    collect(stream, messages => answer(stream, [`got ${messages.join()}`], '0'))
  },
  ServerStreaming(stream) {
    collect(stream, ([count = '0']) =>
      answer(
        stream,
        Array.from({ length: Number(count) }, (_, i) => `item ${i}`),
        '0',
      ),
    )
  },
  ClientStreaming(stream) {
    collect(stream, messages => answer(stream, [`${messages.length} messages`], '0'))
  },
  Echo(stream) {
    const reader = new MessageReader()
    stream.respond(HEAD, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.on('data', (chunk: Buffer) => {
      for (const message of reader.push(chunk)) stream.write(toMessage(`echo ${message}`))
    })
    stream.on('end', () => stream.end())
  },
  Fails(stream) {
    stream.respond({ ...HEAD, 'grpc-status': '5', 'grpc-message': 'not found' }, { endStream: true })
  },
  FailsLate(stream) {
    collect(stream, () => answer(stream, ['one'], '13'))
  },
  Never: () => undefined,
}

function collect(stream: ServerHttp2Stream, onEnd: (messages: readonly string[]) => void): void {
  const reader = new MessageReader()
  const messages: string[] = []
  stream.on('data', (chunk: Buffer) => messages.push(...reader.push(chunk)))
  stream.on('end', () => onEnd(messages))
}

function answer(stream: ServerHttp2Stream, messages: readonly string[], status: string): void {
  stream.respond(HEAD, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': 'told%20so' }))
  for (const message of messages) stream.write(toMessage(message))
  stream.end()
}

async function openGrpcScene(t: TestContext): Promise<GrpcScene> {
  const streams: ServerHttp2Stream[] = []
  const upstream = await startHttp2Upstream((stream, fields) => {
    streams.push(stream)
    METHODS[fields[':path']?.split('/').at(-1) ?? '']?.(stream)
  })
  const scene = await openScene(t, { settings, files, upstream })
  const client = await openHttp2(scene.gateway.httpsUrl, cert)
  t.after(() => client.close())
  const authorization = `Bearer ${await scene.keys.sign()}`
  return {
    ...scene,
    streams,
    begin: (method, fields = { authorization }) => beginCall(client.session, `/orders/shop.Orders/${method}`, fields),
  }
}

test('gRPC passes the gateway', async t => {
  const scene = await openGrpcScene(t)

  await t.test('one message for one, with its status behind the answer', async () => {
    const call = scene.begin('Unary')
    call.stream.end(toMessage('a'))
    assert.deepEqual(await call.status, { code: '0', where: 'trailers' })
    assert.deepEqual(call.messages, ['got a'])
    assert.equal(call.head()?.['grpc-status'], undefined)
    const seen = fieldsOf(scene.upstream.requests.at(-1) as Scene['upstream']['requests'][number])
    assert.equal(seen['te'], 'trailers')
    assert.equal(seen['content-type'], 'application/grpc')
    assert.equal(seen['content-length'], undefined)
  })
  await t.test('many messages for one', async () => {
    const call = scene.begin('ServerStreaming')
    call.stream.end(toMessage('200'))
    assert.deepEqual(await call.status, { code: '0', where: 'trailers' })
    assert.equal(call.messages.length, 200)
    assert.equal(call.messages.at(-1), 'item 199')
  })
  await t.test('one message for many', async () => {
    const call = scene.begin('ClientStreaming')
    for (let i = 0; i < 50; i++) call.stream.write(toMessage('x'.repeat(1000)))
    call.stream.end()
    assert.deepEqual(await call.status, { code: '0', where: 'trailers' })
    assert.deepEqual(call.messages, ['50 messages'])
  })
  await t.test('messages both ways in turn, however long the caller takes', async () => {
    const call = scene.begin('Echo')
    for (let i = 0; i < 5; i++) {
      call.stream.write(toMessage(`${i}`))
      await until(() => call.messages.length === i + 1, `answer ${i}`)
    }
    assert.deepEqual(call.messages, ['echo 0', 'echo 1', 'echo 2', 'echo 3', 'echo 4'])
    call.stream.end()
    assert.deepEqual(await call.status, { code: '0', where: 'trailers' })
  })
  await t.test('an error without a message, whose status is in the head', async () => {
    const call = scene.begin('Fails')
    call.stream.end(toMessage('a'))
    assert.deepEqual(await call.status, { code: '5', where: 'head' })
    assert.equal(call.head()?.['grpc-message'], 'not found')
  })
  await t.test('an error behind a message', async () => {
    const call = scene.begin('FailsLate')
    call.stream.end(toMessage('a'))
    assert.deepEqual(await call.status, { code: '13', where: 'trailers' })
    assert.deepEqual(call.messages, ['one'])
  })
  await t.test('the end of a call that its caller gives up, as a reset', async () => {
    const call = scene.begin('Echo')
    call.stream.write(toMessage('a'))
    await until(() => call.messages.length === 1, 'the first answer')
    const stream = scene.streams.at(-1)
    call.stream.close(8)
    await until(() => stream?.closed === true, 'the reset')
    assert.equal(stream?.rstCode, 8)
  })
  assert.equal(scene.upstream.connections(), 1)
})

test('a gRPC call that is not answered in time is 504', async t => {
  const scene = await openGrpcScene(t)
  const call = scene.begin('Never')
  call.stream.end(toMessage('a'))
  assert.equal((await call.status).code, undefined)
  assert.equal(call.head()?.[':status'], 504)
  await until(() => scene.streams[0]?.closed === true, 'the reset')
})

test('a gRPC call without a token is refused, and the service sees nothing of it', async t => {
  const scene = await openGrpcScene(t)
  for (const method of ['Unary', 'ServerStreaming', 'ClientStreaming', 'Echo']) {
    const call = scene.begin(method, {})
    call.stream.write(toMessage('a'))
    await until(() => call.head() !== undefined, 'the refusal')
    assert.equal(call.head()?.[':status'], 401)
    call.stream.end()
    await call.status.catch(() => undefined)
  }
  assert.equal(scene.upstream.connections(), 0)
})
