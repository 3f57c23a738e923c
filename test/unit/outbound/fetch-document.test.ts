import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { createDocumentFetcher } from '../../../src/outbound/fetch-document.ts'
import { isLoopbackHost } from '../../../src/outbound/loopback.ts'
import { type KeyServer, startKeyServer } from '../../support/key-server.ts'

const LIMITS = { timeoutMs: 2000, maxBytes: 65_536, accept: 'application/jwk-set+json, application/json' }
const fetchDocument = createDocumentFetcher()
let server: KeyServer

before(async () => {
  server = await startKeyServer()
})
after(() => server.close())

test('a document arrives whole, with its fields', async () => {
  server.mode = 'ok'
  server.cacheControl = 'max-age=60'
  const document = await fetchDocument(server.jwksUri, LIMITS)
  assert.ok(document.ok)
  assert.equal(document.status, 200)
  assert.equal(document.fields.get('cache-control'), 'max-age=60')
  assert.deepEqual(JSON.parse(Buffer.from(document.body).toString()), { keys: server.keys.map(key => key.jwk) })
})

for (const [mode, reason] of [
  ['status500', 'status 500'],
  ['redirect', 'redirect 302'],
  ['huge', 'too large'],
  ['cut', 'cut short'],
] as const)
  test(`a server that answers with ${mode} is a failure: ${reason}`, async () => {
    server.mode = mode
    assert.deepEqual(await fetchDocument(server.jwksUri, LIMITS), { ok: false, reason })
  })

test('a body that is announced as too long is not read', async () => {
  server.mode = 'ok'
  assert.deepEqual(await fetchDocument(server.jwksUri, { ...LIMITS, maxBytes: 10 }), { ok: false, reason: 'too large' })
})

test('a server that never answers ends in a timeout of the whole call', async () => {
  server.mode = 'hang'
  assert.deepEqual(await fetchDocument(server.jwksUri, { ...LIMITS, timeoutMs: 60 }), { ok: false, reason: 'timeout' })
})

test('a body that trickles without end is cut by the total time limit', async () => {
  const trickle = createServer(socket => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
    const timer = setInterval(() => socket.write('.'), 10)
    socket.on('close', () => clearInterval(timer))
  })
  const port = await new Promise<number>(resolve =>
    trickle.listen(0, '127.0.0.1', () => resolve((trickle.address() as { port: number }).port)),
  )
  assert.deepEqual(await fetchDocument(`http://127.0.0.1:${port}/`, { ...LIMITS, timeoutMs: 120 }), {
    ok: false,
    reason: 'timeout',
  })
  await new Promise(resolve => trickle.close(resolve))
})

test('a call can be closed early', async () => {
  server.mode = 'hang'
  const abort = new AbortController()
  const seen = server.requested(server.requests + 1)
  const document = fetchDocument(server.jwksUri, { ...LIMITS, signal: abort.signal })
  await seen
  abort.abort()
  assert.deepEqual(await document, { ok: false, reason: 'closed' })
})

test('nobody listening, no such name and no HTTP are told apart', async () => {
  const mute = createServer(socket =>
    socket
      .on('error', () => {})
      .resume()
      .end('nothing like it\r\n\r\n'),
  )
  const port = await new Promise<number>(resolve =>
    mute.listen(0, '127.0.0.1', () => resolve((mute.address() as { port: number }).port)),
  )
  const uri = `http://127.0.0.1:${port}/`
  assert.deepEqual(await fetchDocument(uri, LIMITS), { ok: false, reason: 'cut short' })
  assert.deepEqual(await fetchDocument(uri.replace('http:', 'https:'), LIMITS), { ok: false, reason: 'tls failed' })
  await new Promise(resolve => mute.close(resolve))
  assert.deepEqual(await fetchDocument(uri, LIMITS), { ok: false, reason: 'unreachable' })
})

test('plain http to another machine needs the word of the settings, and odd URLs are refused', async () => {
  const refused = [
    ['http://idp.example/jwks', 'http not allowed'],
    ['http://127.0.0.1.example/jwks', 'http not allowed'],
    ['ftp://127.0.0.1/jwks', 'bad url'],
    ['http://user:pass@127.0.0.1/jwks', 'bad url'],
    ['jwks', 'bad url'],
  ] as const
  for (const [uri, reason] of refused) assert.deepEqual(await fetchDocument(uri, LIMITS), { ok: false, reason })
})

test('loopback hosts are those that cannot be another machine', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '[::1]', '::1'])
    assert.ok(isLoopbackHost(host))
  for (const host of ['127.0.0.1.example', 'localhost.example', '128.0.0.1', '[::2]', '0.0.0.0', ''])
    assert.ok(!isLoopbackHost(host))
})
