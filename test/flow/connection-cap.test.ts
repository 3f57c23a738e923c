/** threats.md 3.27: connections beyond `limits.max_connections` are told so, operators still get in, and a free place is taken again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { openGateway } from '../support/gateway.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'
import { startUpstream } from '../support/upstream.ts'

const settings = (upstream: string, max: number): string => `
limits: { max_connections: ${max} }
admin_api: { open_metrics: true }
apis: [ { name: orders, upstream: "${upstream}", open: true } ]
`
const REQUEST = 'GET /orders HTTP/1.1\r\nHost: a\r\n\r\n'

test('a connection beyond the cap is answered 503 and closed, and the upstream sees nothing of it', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const { url, adminUrl, reload } = await openGateway(t, { settings: settings(upstream.origin, 2) })
  const port = Number(new URL(url).port)
  const open = () => openRawSocket({ port })

  const [first, second] = await Promise.all([open(), open()])
  for (const one of [first, second]) one.send(REQUEST)
  await Promise.all([first, second].map(one => one.until(/ok$/)))
  assert.equal(upstream.requests.length, 2)

  const third = await open()
  third.send(`${REQUEST}${REQUEST}`)
  const [answer, ...more] = parseAnswers(await third.closed())
  assert.equal(answer?.status, 503)
  assert.match(answer?.fields.get('retry-after')?.[0] ?? '', /^\d+$/)
  assert.deepEqual(answer?.fields.get('connection'), ['close'])
  assert.deepEqual(more, [])
  assert.equal(upstream.requests.length, 2)

  await t.test('while operators still get in, as often as they like', async () => {
    for (let i = 0; i < 5; i++) assert.equal((await send(adminUrl, { path: '/health/live' })).status, 200)
    const { body } = await send(adminUrl, { path: '/metrics' })
    assert.match(body, /^microgateway_connections_refused_total 1$/m)
  })
  await t.test('and those that were there are served as before', async () => {
    first.send(REQUEST)
    await first.until(received => parseAnswers(received).length === 2)
  })
  await t.test('a place that is free again is taken', async () => {
    first.destroy()
    await servedAgain(url)
  })
  await t.test('a higher cap counts after a reload', async () => {
    assert.equal((await reload(settings(upstream.origin, 1))).result, 'applied')
    assert.equal((await send(url, { path: '/orders' })).status, 503)
    assert.equal((await reload(settings(upstream.origin, 9))).result, 'applied')
    assert.equal((await send(url, { path: '/orders' })).status, 200)
  })
  second.destroy()
  third.destroy()
})

test('callers that come faster than they can be told are cut, and nobody lingers for ever', async t => {
  const { url } = await openGateway(t, {
    settings: 'limits: { max_connections: 1 }\napis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n',
  })
  const port = Number(new URL(url).port)
  const sockets = []
  for (let i = 0; i < 4; i++) sockets.push(await openRawSocket({ port }))
  const received = await Promise.all(sockets.slice(1).map(socket => socket.closed()))
  assert.match(received[0] ?? '', /^HTTP\/1\.1 503 /)
  assert.deepEqual(received.slice(2), [''])
  sockets[0]?.send(REQUEST)
  await sockets[0]?.until(/^HTTP\/1\.1 200 /)
  sockets[0]?.destroy()
})

test('before a TLS handshake there is nothing to say: the connection is closed', async t => {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
  const { httpsUrl } = await openGateway(t, {
    files: { 'key.pem': key, 'cert.pem': cert },
    settings: `
ports: { https: "127.0.0.1:0", admin: "127.0.0.1:0" }
limits: { max_connections: 1 }
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: one } ] }
security_settings: { keystores: [ { name: edge, entries: [ { alias: one, certificate: cert.pem, private_key: key.pem } ] } ] }
apis: [ { name: orders, upstream: "builtin:echo", open: true } ]
`,
  })
  const port = Number(new URL(httpsUrl).port)
  const first = await openRawSocket({ port, tls: { ca: cert, servername: 'localhost' } })
  const second = await openRawSocket({ port })
  assert.equal(await second.closed(), '')
  first.send(REQUEST)
  await first.until(/^HTTP\/1\.1 200 /)
  first.destroy()
  await eventually(
    () =>
      send(httpsUrl, { path: '/orders', ca: cert }).then(
        ({ status }) => status,
        () => 0,
      ),
    status => status === 200,
  )
})

/** The gateway hears of a closed connection a moment later. */
function servedAgain(url: string): Promise<number> {
  return eventually(
    async () => (await send(url, { path: '/orders' })).status,
    status => status === 200,
  )
}
