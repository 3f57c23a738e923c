/** Bodies pass both ways as they come, with back-pressure; what is too large is 413 and never arrives whole. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { open, toAnswer } from '../support/call.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'
import { fieldsOf, judgeRefusal, openScene, type Places } from '../support/scene.ts'
import { startUpstream, until } from '../support/upstream.ts'

const settings =
  (limits = '') =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
${limits}
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", open: true }
  - { name: closed, upstream: "${upstream}", policies: [ jwt: idp ] }
`

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('a body passes as it is, with its length or in chunks', async t => {
  const upstream = await startUpstream('mirror')
  const scene = await openScene(t, { settings: settings(), upstream })
  const body = randomBytes(700_000)

  await t.test('with a length', async () => {
    const incoming = await open(scene.gateway.url, { method: 'POST', body })
    assert.equal(sha256(await bytesOf(incoming)), sha256(body))
    const seen = upstream.requests.at(-1)
    assert.ok(seen !== undefined)
    assert.equal(fieldsOf(seen)['content-length'], String(body.length))
    assert.equal(fieldsOf(seen)['transfer-encoding'], undefined)
    const record = await scene.gateway.recordOf(String(incoming.headers['x-request-id']))
    assert.equal(record['http.request.body.bytes'], body.length)
    assert.equal(record['http.response.body.bytes'], body.length)
  })
  await t.test('in chunks, of which none stays the same', async () => {
    const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
    socket.send('POST /orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (const part of ['one ', 'two ', 'three']) socket.send(`${part.length.toString(16)};ext=1\r\n${part}\r\n`)
    socket.send('0\r\nX-Trailer: dropped\r\n\r\n')
    const text = await socket.closed()
    assert.match(text, /^HTTP\/1\.1 200 /)
    const seen = upstream.requests.at(-1)
    assert.ok(seen !== undefined)
    assert.equal(seen.body.toString(), 'one two three')
    assert.equal(fieldsOf(seen)['transfer-encoding'], 'chunked')
    assert.ok(!upstream.raw().includes('X-Trailer') && !upstream.raw().includes('ext=1'))
  })
  await t.test('and GET without a body has neither', async () => {
    const { seen } = await scene.pass()
    assert.equal(fieldsOf(seen)['content-length'], undefined)
    assert.equal(fieldsOf(seen)['transfer-encoding'], undefined)
  })
  await t.test('and POST with an empty one keeps its length of zero', async () => {
    const { seen } = await scene.pass({ method: 'POST', body: '' })
    assert.equal(fieldsOf(seen)['content-length'] ?? '0', '0')
  })
})

test('a slow reader slows the upstream down: the gateway does not hold the answer', async t => {
  const size = 64 * 1024 * 1024
  let written = 0
  const upstream = await startUpstream((_request, response) => {
    const chunk = Buffer.alloc(65_536, 'x')
    response.writeHead(200, { 'content-length': size })
    const push = (): void => {
      while (written < size) {
        written += chunk.length
        if (!response.write(chunk)) return
      }
      response.end()
    }
    response.on('drain', push)
    push()
  })
  const scene = await openScene(t, { settings: settings(), upstream })
  const incoming = await open(scene.gateway.url)
  // Nobody reads: it must come to a stand well below the whole.
  await standsStill(() => written)
  assert.ok(written < size / 2, `${written} bytes were taken`)
  let received = 0
  for await (const chunk of incoming) received += (chunk as Buffer).length
  assert.equal(received, size)
})

test('a slow upstream slows the caller down: the gateway does not hold the body', async t => {
  let request: IncomingMessage | undefined
  const upstream = await startUpstream(
    (incoming, response) => {
      request = incoming
      incoming.on('end', () => response.end('done'))
    },
    { keepBytes: false },
  )
  const scene = await openScene(t, { settings: settings('limits: { max_body_bytes: 100MiB }'), upstream })
  const size = 64 * 1024 * 1024
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port), deadlineMs: 10_000 })
  socket.send(`POST /orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`)
  socket.socket.write(Buffer.alloc(size))
  await until(() => request !== undefined)
  await standsStill(() => socket.socket.bytesWritten - socket.socket.writableLength)
  const taken = size - socket.socket.writableLength
  assert.ok(taken < size / 2, `${taken} bytes were taken`)
  request?.resume()
  assert.match(await socket.closed(), /^HTTP\/1\.1 200 [\s\S]*done/)
})

test('a body over the limit is 413', async t => {
  const scene = await openScene(t, { settings: settings('limits: { max_body_bytes: 10KiB }') })
  const { upstream } = scene

  await t.test('by its length, before a byte goes upstream', async () => {
    await scene.refuse({ method: 'POST', body: 'x'.repeat(10_241) }, { code: 'request.body_too_large' })
    await scene.pass({ method: 'POST', body: 'x'.repeat(10_240) })
  })
  await t.test('while it streams, and the upstream never sees its end', async () => {
    const before = upstream.requests.length
    const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
    socket.send('POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let i = 0; i < 11; i++) socket.send(`400\r\n${'y'.repeat(1024)}\r\n`)
    const answer = toAnswer(await socket.until(text => parseAnswers(text).length === 1))
    assert.equal(answer.status, 413)
    assert.equal(answer.json()['code'], 'request.body_too_large')
    assert.equal(answer.field('connection'), 'close')
    await until(() => upstream.open() <= 1, 'the upstream to see the break')
    assert.ok(upstream.requests.slice(before).every(({ ended }) => !ended))
    socket.destroy()
  })
})

test('a request that is refused is refused before its body', async t => {
  const scene = await openScene(t, { settings: settings() })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send('POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n')
  const answer = toAnswer(await socket.until(text => parseAnswers(text).length === 1))
  const refusal = { code: 'credentials.missing', challenge: ['Bearer realm="closed"'] } as const
  await judgeRefusal(answer, refusal, scene.gateway)
  assert.equal(scene.upstream.connections(), 0)
  socket.destroy()
})

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Waits until a count has not moved for a while. */
async function standsStill(count: () => number): Promise<void> {
  for (let last = -1; last !== count() || last <= 0; ) {
    last = count()
    await wait(100)
  }
}
