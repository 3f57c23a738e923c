import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import { createDocumentFetcher } from '../../../src/outbound/fetch-document.ts'
import { readProxyRules } from '../../../src/outbound/proxy-rules.ts'
import { type KeyServer, startKeyServer } from '../../support/key-server.ts'

const LIMITS = { timeoutMs: 2000, maxBytes: 65_536, accept: 'application/jwk-set+json, application/json' }
/** A port that no test is ever given, as those on port 0 are. */
const NOBODY = 'http://127.0.0.1:9/'
const fetchDocument = createDocumentFetcher()
let server: KeyServer

before(async () => {
  server = await startKeyServer()
})
after(() => server.close())

/** Starts a server of bare connections; the end of the test cuts them and closes it, whatever was asserted. */
async function listen(t: TestContext, onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const listener = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    onSocket(socket)
  })
  t.after(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`
}

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

test('a body that trickles without end is cut by the total time limit', async t => {
  const uri = await listen(t, socket => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
    const timer = setInterval(() => socket.write('.'), 10)
    socket.on('close', () => clearInterval(timer))
  })
  assert.deepEqual(await fetchDocument(uri, { ...LIMITS, timeoutMs: 120 }), { ok: false, reason: 'timeout' })
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

test('no HTTP and no TLS are told apart', async t => {
  const uri = await listen(t, socket => socket.resume().end('nothing like it\r\n\r\n'))
  assert.deepEqual(await fetchDocument(uri, LIMITS), { ok: false, reason: 'cut short' })
  assert.deepEqual(await fetchDocument(uri.replace('http:', 'https:'), LIMITS), { ok: false, reason: 'tls failed' })
})

test('where nobody listens, the server is unreachable', async () => {
  assert.deepEqual(await fetchDocument(NOBODY, LIMITS), { ok: false, reason: 'unreachable' })
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

test('who says what it holds may be told that nothing has changed', async () => {
  server.mode = 'ok'
  server.tagged = true
  try {
    const first = await fetchDocument(server.jwksUri, LIMITS)
    assert.ok(first.ok)
    const etag = first.fields.get('etag') ?? assert.fail()
    const second = await fetchDocument(server.jwksUri, { ...LIMITS, held: { etag } })
    assert.ok(second.ok)
    assert.deepEqual([second.status, second.body.length], [304, 0])
    const third = await fetchDocument(server.jwksUri, {
      ...LIMITS,
      held: { lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' },
    })
    assert.deepEqual([third.ok, third.ok && third.status], [true, 200])
  } finally {
    server.tagged = false
  }
})

test('a proxy address that is none is told as such, without the password in it', async () => {
  for (const https of ['http://user:secret@:no:url', 'ftp://user:secret@127.0.0.1:9']) {
    const fetched = await createDocumentFetcher({ proxies: readProxyRules({ https_proxy: https }) })(
      'https://idp.test/',
      LIMITS,
    )
    assert.deepEqual(fetched, { ok: false, reason: 'bad proxy' })
  }
})
