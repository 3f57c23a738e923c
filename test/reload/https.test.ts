/** Product.md 2 and 3: certificates change without a dropped connection, and a broken pair changes nothing. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { openGateway, type TestGateway } from '../support/gateway.ts'
import { nextReload } from '../support/reloads.ts'
import { until } from '../support/upstream.ts'

const settings = (tls = ''): string => `
ports: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: one } ] ${tls} }
security_settings:
  keystores: [ { name: edge, entries: [ { alias: one, certificate: tls.crt, private_key: tls.key } ] } ]
  truststores: [ { name: callers, entries: [ { alias: ca, certificate: caller.crt } ] } ]
apis: [ { name: orders, upstream: "builtin:echo", open: true } ]
`
const GET = 'GET /orders HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A connection that trusts anybody; its certificate is looked at. */
async function connectTo({ httpsUrl }: TestGateway, client?: TestCertificate): Promise<TLSSocket> {
  const port = Number(new URL(httpsUrl).port)
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false, ...client })
  await once(socket, 'secureConnect')
  return socket
}

function nameOf(socket: TLSSocket): string {
  return socket.getPeerCertificate().fingerprint256
}

/** Asks over a connection; resolves with the status, or `closed`. */
async function ask(socket: TLSSocket): Promise<string> {
  let text = ''
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('latin1')
  }
  socket.on('data', onData)
  socket.write(GET)
  await until(() => /\r\n\r\n\{.*\}/s.test(text) || socket.closed, 'an answer')
  socket.off('data', onData)
  return /^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 'closed'
}

test('a new certificate serves new connections, and kept ones go on', async t => {
  const [first, second] = [makeCertificate('DNS:localhost'), makeCertificate('DNS:localhost')]
  const files = { 'tls.crt': first.cert, 'tls.key': first.key, 'caller.crt': first.cert }
  const running = await openGateway(t, { settings: settings(), files, watch: true })
  const kept = await connectTo(running)
  assert.equal(await ask(kept), '200')
  const before = nameOf(kept)

  // Two files that belong together change one after the other: the pair in between fits nobody.
  const ended = nextReload(running.gateway, ({ result }) => result === 'applied')
  const written = performance.now()
  running.write('tls.crt', second.cert)
  running.write('tls.key', second.key)
  await ended
  assert.ok(performance.now() - written < 5000)
  const fresh = await connectTo(running)
  assert.notEqual(nameOf(fresh), before)
  assert.equal(await ask(fresh), '200')
  assert.equal(await ask(kept), '200', 'the old connection was not dropped')
  kept.destroy()
  fresh.destroy()
})

test('a key that does not fit leaves the last good pair in force, loudly', async t => {
  const [first, second] = [makeCertificate('DNS:localhost'), makeCertificate('DNS:localhost')]
  const files = { 'tls.crt': first.cert, 'tls.key': first.key, 'caller.crt': first.cert }
  const running = await openGateway(t, { settings: settings(), files })
  const before = await connectTo(running)
  running.write('tls.key', second.key)
  const status = await running.gateway.reload('signal')
  assert.equal(status.result, 'refused')
  assert.ok(running.log.some(({ level }) => level === 'error'))
  const after = await connectTo(running)
  assert.equal(nameOf(after), nameOf(before))
  assert.equal(await ask(after), '200')
  before.destroy()
  after.destroy()
})

test('client certificates that are required from now on are required at once', async t => {
  const [server, caller] = [makeCertificate('DNS:localhost'), makeCertificate('DNS:caller')]
  const files = { 'tls.crt': server.cert, 'tls.key': server.key, 'caller.crt': caller.cert }
  const running = await openGateway(t, { settings: settings(), files })
  const anonymous = await connectTo(running)
  assert.equal(await ask(anonymous), '200')
  anonymous.destroy()

  const status = await running.reload(settings(', client_certificates: required, trustStoreAlias: callers'))
  assert.equal(status.result, 'applied', JSON.stringify(status.problems))
  const known = await connectTo(running, caller)
  assert.equal(await ask(known), '200')
  known.destroy()
  const stranger = await connectTo(running).catch(() => undefined)
  stranger?.on('error', () => undefined)
  if (stranger !== undefined) assert.equal(await ask(stranger), 'closed')

  await running.reload(settings())
  const again = await connectTo(running)
  assert.equal(await ask(again), '200')
  again.destroy()
})
