/** TLS on the way out: whose certificates are believed, what is shown, and that nothing is said to whoever is not believed. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { makeAuthority } from '../support/authority.ts'
import { send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { openGateway, type TestGateway } from '../support/gateway.ts'
import { startKeyServer } from '../support/key-server.ts'
import { makeJks } from '../support/key-stores.ts'
import { fingerprintOf } from '../support/tls-call.ts'

const authority = makeAuthority('services')
const service = authority.issue('DNS:localhost,DNS:orders.internal', { usage: 'serverAuth' })
const client = authority.issue('DNS:gateway.test', { usage: 'clientAuth' })

interface TlsUpstream {
  readonly origin: string
  /** Paths that arrived, and who asked. */
  readonly seen: { readonly path: string; readonly client: string | undefined; readonly name: string }[]
  /** Bytes behind handshakes. */
  readonly plain: () => number
}

async function startTlsUpstream(t: TestContext, options: ServerOptions): Promise<TlsUpstream> {
  const seen: TlsUpstream['seen'] = []
  let plain = 0
  const server = createTlsServer({ ...service, ...options }, (request, response) => {
    const socket = request.socket as TLSSocket
    const name = typeof socket.servername === 'string' ? socket.servername : ''
    seen.push({ path: request.url ?? '', client: socket.getPeerX509Certificate()?.fingerprint256, name })
    response.end('ok')
  })
  server.on('secureConnection', socket => {
    socket.on('data', (chunk: Buffer) => {
      plain += chunk.length
    })
  })
  server.on('tlsClientError', () => {})
  const port = await listen(t, server)
  return { origin: `https://localhost:${port}`, seen, plain: () => plain }
}

async function listen(t: TestContext, server: Server | ReturnType<typeof createTlsServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const STORES = `
security_settings:
  keystores: [ { name: ours, entries: [ { alias: a, certificate: client.crt, private_key: client.key } ] } ]
  truststores: [ { name: services, entries: [ { alias: a, certificate: ca.crt } ] } ]
`
const FILES = { 'client.crt': client.cert, 'client.key': client.key, 'ca.crt': authority.cert }

function openFor(t: TestContext, origin: string, tls: string, more = ''): Promise<TestGateway> {
  const upstream = `{ targets: [ "${origin}" ], tls: { ${tls} }${more} }`
  return openGateway(t, {
    settings: `apis: [ { name: orders, open: true, upstream: ${upstream} } ]${STORES}`,
    files: FILES,
    watch: true,
  })
}

async function refused(gateway: TestGateway, upstream: TlsUpstream): Promise<void> {
  const answer = await send(gateway.url)
  assert.equal(answer.status, 502, answer.body)
  const record = await gateway.recordOf(answer.field('x-request-id') ?? null)
  assert.equal(record['error.type'], 'upstream.tls_failed')
  assert.equal(upstream.seen.length, 0)
  assert.equal(upstream.plain(), 0, 'not a byte of a request was sent')
}

for (const protocol of ['', ', protocol: http2'] as const) {
  test(`a service that is not believed gets no request${protocol}`, async t => {
    const over = authority.issue('DNS:localhost', { days: -1 })
    const stranger = makeCertificate('DNS:localhost')
    const elsewhere = authority.issue('DNS:elsewhere.test')
    for (const [certificate, tls] of [
      [service, ''],
      [stranger, 'trustStoreAlias: services'],
      [elsewhere, 'trustStoreAlias: services'],
      [over, 'trustStoreAlias: services'],
      [service, 'trustStoreAlias: services, server_name: other.internal'],
    ] as const) {
      const upstream = await startTlsUpstream(t, certificate)
      await refused(await openFor(t, upstream.origin, tls, protocol), upstream)
    }
  })
}

test('a service of our own authority is believed, under the name that is expected', async t => {
  const upstream = await startTlsUpstream(t, {})
  const gateway = await openFor(t, upstream.origin, 'trustStoreAlias: services')
  assert.equal((await send(gateway.url, { host: 'caller.example' })).status, 200)
  assert.equal(upstream.seen[0]?.name, 'localhost', 'the caller has no say in the name')
  const byName = await openFor(
    t,
    upstream.origin.replace('localhost', '127.0.0.1'),
    'trustStoreAlias: services, server_name: orders.internal',
  )
  assert.equal((await send(byName.url)).status, 200)
  assert.equal(upstream.seen[1]?.name, 'orders.internal')
})

test('verification goes where it is switched off, and that is said loudly', async t => {
  const upstream = await startTlsUpstream(t, makeCertificate('DNS:elsewhere.test'))
  const gateway = await openFor(t, upstream.origin, 'verify: false')
  assert.equal((await send(gateway.url)).status, 200)
  assert.ok(gateway.log.some(line => JSON.stringify(line).includes('believe whoever answers')))
  const { problems } = gateway.gateway.started
  assert.deepEqual(
    problems.map(({ code, severity }) => [severity, code]),
    [['warning', 'config.insecure']],
  )
})

test('a service that asks for it is shown our certificate, and a new one from the next connection on', async t => {
  const upstream = await startTlsUpstream(t, { ca: authority.cert, requestCert: true, rejectUnauthorized: true })
  const without = await openFor(t, upstream.origin, 'trustStoreAlias: services')
  assert.equal((await send(without.url)).status, 502)
  assert.equal(upstream.seen.length, 0)
  const gateway = await openFor(t, upstream.origin, 'trustStoreAlias: services, keyStoreAlias: ours, keyAlias: a')
  assert.equal((await send(gateway.url)).status, 200)
  assert.equal(upstream.seen[0]?.client, fingerprintOf(client.cert))
  const next = authority.issue('DNS:gateway.test', { usage: 'clientAuth' })
  gateway.write('client.crt', next.cert)
  gateway.write('client.key', next.key)
  await eventually(
    async () => {
      assert.equal((await send(gateway.url)).status, 200)
      return upstream.seen.at(-1)?.client
    },
    found => found === fingerprintOf(next.cert),
  )
})

test('a JKS truststore is as good as any', async t => {
  const upstream = await startTlsUpstream(t, {})
  const gateway = await openGateway(t, {
    settings: `apis: [ { name: orders, open: true, upstream: { targets: [ "${upstream.origin}" ], tls: { trustStoreAlias: java } } } ]
security_settings: { truststores: [ { name: java, type: jks, file: trust.jks, password: changeit } ] }`,
    prepare: folder => {
      const bytes = makeJks([{ alias: 'a', certificates: [authority.cert] }], 'changeit')
      writeFileSync(join(folder, 'trust.jks'), bytes)
    },
  })
  assert.equal((await send(gateway.url)).status, 200)
})

test('keys are fetched over TLS of their own, through the proxy that the environment names; upstreams never are', async t => {
  const keys = await startKeyServer({ algorithms: ['ES256'] })
  t.after(() => keys.close())
  const tunnels: string[] = []
  const issuer = createTlsServer(
    { ...authority.issue('DNS:idp.test'), ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    async (_request, response) => void response.end(await (await fetch(keys.jwksUri)).text()),
  )
  const port = await listen(t, issuer)
  // A proxy that reaches the issuer, whatever it is called.
  const proxy = createServer((_request, response) => void response.writeHead(500).end())
  proxy.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    const through = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      through.pipe(socket).pipe(through)
    })
    for (const end of [through, socket]) end.on('error', () => {})
  })
  const proxyPort = await listen(t, proxy)
  const service = createServer((_request, response) => void response.end('ok'))
  const servicePort = await listen(t, service)
  const gateway = await openGateway(t, {
    settings: `
apis: [ { name: orders, upstream: "http://127.0.0.1:${servicePort}", policies: [ jwt: idp ] } ]
security_settings:
  keystores: [ { name: ours, entries: [ { alias: a, certificate: client.crt, private_key: client.key } ] } ]
  truststores: [ { name: services, entries: [ { alias: a, certificate: ca.crt } ] } ]
  auth_servers:
    - name: idp
      localIntrospectionConfig:
        issuer: "${keys.issuer}"
        jwksuri: https://idp.test/certs
        tls: { trustStoreAlias: services, keyStoreAlias: ours }`,
    files: FILES,
    environment: { https_proxy: `http://127.0.0.1:${proxyPort}`, HTTP_PROXY: `http://127.0.0.1:${proxyPort}` },
  })
  const answer = await send(gateway.url, { token: await keys.sign() })
  assert.equal(answer.status, 200, answer.body)
  assert.deepEqual(tunnels, ['idp.test:443'])
})
