/** A reload that changes `http2.*` holds for new connections; those that are open, and their streams, go on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { makeCertificate } from '../support/certificate.ts'
import { openGateway, type TestGateway } from '../support/gateway.ts'
import { openHttp2, readAnswer } from '../support/http2-call.ts'

const settings = (more: string): string => `
ports: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: one } ] }
security_settings:
  keystores: [ { name: edge, entries: [ { alias: one, certificate: tls.crt, private_key: tls.key } ] } ]
apis: [ { name: orders, upstream: "builtin:echo", open: true } ]
${more}
`
const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
const files = { 'tls.crt': cert, 'tls.key': key }

async function protocolOf({ httpsUrl }: TestGateway): Promise<string | false | null> {
  const port = Number(new URL(httpsUrl).port)
  const socket = connect({ port, ca: cert, servername: 'localhost', ALPNProtocols: ['h2', 'http/1.1'] })
  await once(socket, 'secureConnect')
  socket.destroy()
  return socket.alpnProtocol
}

test('switching HTTP/2 off and on', async t => {
  const running = await openGateway(t, { settings: settings(''), files })
  const old = await openHttp2(running.httpsUrl, cert)
  const open = old.open({ method: 'POST', path: '/orders/open' }, { endStream: false })
  open.write('begun, ')
  assert.equal((await old.send({ path: '/orders/x' })).status, 200)

  await running.reload(settings('http2: { enabled: false }'))
  assert.equal(await protocolOf(running), 'http/1.1')
  assert.equal((await old.send({ path: '/orders/x' })).status, 200, 'the old connection goes on')
  open.end('ended')
  assert.equal((await readAnswer(open)).status, 200, 'and so does its stream')

  await running.reload(settings(''))
  assert.equal(await protocolOf(running), 'h2')
  await old.close()
})

test('switching cleartext HTTP/2 on and off', async t => {
  const running = await openGateway(t, { settings: settings('http2: { cleartext: true, max_streams: 7 }'), files })
  const old = await openHttp2(running.url)
  assert.equal((await old.send({ path: '/orders/x' })).status, 200)
  assert.equal(old.session.remoteSettings.maxConcurrentStreams, 7)

  await running.reload(settings('http2: { cleartext: true, max_streams: 9 }'))
  const other = await openHttp2(running.url)
  assert.equal((await other.send({ path: '/orders/x' })).status, 200)
  assert.equal(other.session.remoteSettings.maxConcurrentStreams, 9)
  assert.equal(old.session.remoteSettings.maxConcurrentStreams, 7)

  await running.reload(settings(''))
  assert.equal((await old.send({ path: '/orders/x' })).status, 200)
  const refused = await openHttp2(running.url)
  await assert.rejects(refused.send({ path: '/orders/x' }))
  for (const client of [old, other, refused]) await client.close()
})

test('a port that closes tells its HTTP/2 callers, and finishes what they asked for', async t => {
  const running = await openGateway(t, { settings: settings('http2: { cleartext: true }'), files })
  const client = await openHttp2(running.url)
  const open = client.open({ method: 'POST', path: '/orders/open' }, { endStream: false })
  open.write('begun, ')
  assert.equal((await client.send({ path: '/orders/x' })).status, 200)
  const goaway = once(client.session, 'goaway')

  const withoutHttp = settings('').replace('http: "127.0.0.1:0", ', '')
  await running.reload(withoutHttp)
  const [code] = await goaway
  assert.equal(code, 0)
  open.end('ended')
  assert.equal((await readAnswer(open)).status, 200)
  await client.close()
})
