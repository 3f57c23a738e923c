/**
 * A caller with any verified certificate could renegotiate over TLS 1.2 and show another one, signed by itself: the connection stayed
 * verified, and where nobody had looked at the first certificate yet, the second one named the application. Connections are no longer renegotiated.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCallers, openSecureScene } from '../support/mutual-tls.ts'
import { openTls } from '../support/tls-call.ts'

test('a connection is not renegotiated, so its certificate stays the one that was verified', async t => {
  const { authority, other } = makeCallers()
  const { scene } = await openSecureScene(
    t,
    authority,
    ({ upstream }) => `
applications:
  - { name: other, apis: [ orders ], identifiers: { client_certificates: [ { subject: CN=other } ] } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ { identify_and_authorize: { rules: [ { client_certificate: {} } ] } } ] }`,
  )
  const renegotiate = async (): Promise<void> => {
    const socket = await openTls(scene.gateway.httpsUrl, { ...other, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
    const closed = new Promise(resolve => socket.once('close', resolve))
    const outcome = new Promise(resolve => {
      socket.once('error', resolve)
      socket.renegotiate({ rejectUnauthorized: false }, resolve)
    })
    assert.match(String(await outcome), /no renegotiation/)
    await closed
  }
  await renegotiate()
  await scene.gateway.gateway.reload('admin')
  await renegotiate()
  assert.equal(scene.upstream.requests.length, 0)
})
