/** The HTTPS listener: one PEM certificate, the same rules behind it, and nothing but TLS in front. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { WebSocket } from 'ws'
import { send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { fieldsOf, openScene, type Places, refuseAt } from '../support/scene.ts'
import { startWebSocketUpstream } from '../support/upstream.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
ports: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: one } ] }
security_settings:
  keystores: [ { name: edge, entries: [ { alias: one, certificate: tls.crt, private_key: tls.key } ] } ]
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp, protocols: [ https ] ] }
`

test('calls over TLS', async t => {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
  const files = { 'tls.crt': cert, 'tls.key': key }
  const scene = await openScene(t, { settings, files })
  const { httpsUrl } = scene.gateway
  const token = await scene.keys.sign()
  const port = Number(new URL(httpsUrl).port)

  await t.test('reach an API that is served over https only', async () => {
    const answer = await send(httpsUrl, { token, ca: cert })
    assert.equal(answer.status, 200)
    const [seen] = scene.upstream.requests
    assert.ok(seen !== undefined)
    assert.equal(fieldsOf(seen)['x-forwarded-proto'], 'https')
    const record = await scene.gateway.recordOf(answer.field('x-request-id') ?? null)
    assert.equal(record['url.scheme'], 'https')
  })
  await t.test('are refused as others are', async () => {
    const missing = { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] } as const
    await refuseAt(httpsUrl, scene, { ca: cert }, missing)
    await refuseAt(httpsUrl, scene, { path: '/orders/../x', ca: cert }, { code: 'request.path_invalid' })
    await scene.refuse({ token }, { code: 'request.https_required' })
  })
  await t.test('are for those who trust the certificate', async () => {
    await assert.rejects(send(httpsUrl, { token }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })
  await t.test('agree on TLS 1.2 or 1.3, and on nothing older', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connect({ port, ca: cert, servername: 'localhost', minVersion: version, maxVersion: version })
      await once(socket, 'secureConnect')
      assert.equal(socket.getProtocol(), version)
      socket.destroy()
    }
    const old = connect({
      port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL@SECLEVEL=0',
    })
    await assert.rejects(once(old, 'secureConnect'))
  })
  await t.test('in plain text get nothing, and harm nobody', async () => {
    const socket = await openRawSocket({ port })
    socket.send(`GET /orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    assert.ok(!(await socket.closed()).includes('200'))
    assert.equal((await send(httpsUrl, { token, ca: cert })).status, 200)
  })
})

test('a WebSocket over TLS is one', async t => {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1', 'rsa:2048')
  const upstream = await startWebSocketUpstream()
  const scene = await openScene(t, { settings, upstream, files: { 'tls.crt': cert, 'tls.key': key } })
  const { host } = new URL(scene.gateway.httpsUrl)
  const headers = { authorization: `Bearer ${await scene.keys.sign()}` }
  const socket = new WebSocket(`wss://${host}/orders`, { ca: cert, headers })
  await once(socket, 'open')
  socket.send('over TLS')
  assert.equal(String((await once(socket, 'message'))[0]), 'over TLS')
  socket.send('bye')
  await once(socket, 'close')
})
