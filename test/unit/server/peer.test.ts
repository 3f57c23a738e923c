import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { test } from 'node:test'
import { describeCertificate } from '../../../src/server/peer.ts'
import { createServerTls, type ServerTls } from '../../../src/server/tls.ts'
import { makeAuthority } from '../../support/authority.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { openFrontDoor } from '../../support/front-door.ts'
import { openPemStores } from '../../support/stores.ts'
import { callTls } from '../../support/tls-call.ts'

const server = makeCertificate('DNS:localhost')
const authority = makeAuthority('clients')

async function makeTls(): Promise<ServerTls> {
  const made = createServerTls(
    {
      certificates: [{ keystore: 'edge', alias: 'one', pointer: '/tls' }],
      clientCertificates: 'optional',
      clientTruststore: { name: 'clients', pointer: '/tls' },
      minVersion: 'TLSv1.2',
    },
    await openPemStores({ keystores: { edge: { one: server } }, truststores: { clients: { a: authority.cert } } }),
  )
  assert.ok(made.ok)
  return made.value
}

test('a certificate is described by its fingerprint, its subject and its names', () => {
  const { cert } = authority.issue(
    'DNS:Orders.test,URI:spiffe://test/orders,email:ops@orders.test,IP:10.0.0.1,IP:::1',
    {
      subject: '/C=DE/O=Example, Ltd+OU=Ops/CN=orders',
    },
  )
  const described = describeCertificate(new X509Certificate(cert))
  const { raw } = new X509Certificate(cert)
  assert.deepEqual(described, {
    fingerprint: createHash('sha256').update(raw).digest('hex'),
    x5tS256: createHash('sha256').update(raw).digest('base64url'),
    subject: 'CN=orders,OU=Ops+O=Example\\, Ltd,C=DE',
    san: ['orders.test', 'spiffe://test/orders', 'ops@orders.test', '10.0.0.1', '::1'],
    verified: true,
  })
})

test('a unique identifier does not pass for a user id, whose name differs in case only', () => {
  const { cert } = authority.issue('DNS:a.test', { subject: '/UID=alice+uid=admin/uid=root' })
  const { subject } = describeCertificate(new X509Certificate(cert))
  assert.equal(subject, '0.9.2342.19200300.100.1.44=root,UID=alice+0.9.2342.19200300.100.1.44=admin')
})

test('no name passes for one of another kind, or for two', () => {
  const { cert } = authority.issue('DNS:10.0.0.1,DNS:a@b.test,URI:orders.test,otherName:1.2.3.4;UTF8:x')
  assert.deepEqual(describeCertificate(new X509Certificate(cert)).san, [])
  // A URI that looks, in Node's text of the names, as if another name followed it.
  const { cert: sly } = authority.issue('URI:urn:a%2c DNS:admin.test')
  assert.ok(!describeCertificate(new X509Certificate(sly)).san.includes('admin.test'))
})

test('only a verified certificate is one; who has none, or a stranger’s, has none', async t => {
  const door = await openFrontDoor({
    tls: await makeTls(),
    http2: { enabled: true, cleartext: false, maxStreams: 10, maxResets: 10 },
  })
  t.after(() => door.close())
  const origin = `https://127.0.0.1:${door.port}`
  const known = authority.issue('DNS:billing.test')
  const stranger = makeCertificate('DNS:billing.test')
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const client of [known, {}, stranger]) {
      assert.equal((await callTls(origin, { ca: server.cert, maxVersion, ...client })).status, 200)
      const peer = door.reached.at(-1)?.peer
      assert.equal(peer?.tls, true)
      assert.equal(peer?.address, '127.0.0.1')
      if (client === known) assert.deepEqual(peer?.certificate?.san, ['billing.test'])
      else assert.equal(peer?.certificate, undefined)
      assert.equal(peer?.certificate, peer?.certificate, 'read once')
    }
  }
  for (const client of [known, stranger]) {
    const session = connect(origin, { ca: server.cert, servername: 'localhost', ...client })
    const stream = session.request({ ':path': '/orders' })
    await once(stream, 'response')
    stream.resume()
    const { peer, httpVersion } = door.reached.at(-1) ?? {}
    assert.equal(httpVersion, '2.0')
    assert.deepEqual(peer?.certificate?.san, client === known ? ['billing.test'] : undefined)
    const closed = once(session, 'close')
    session.destroy()
    await closed
  }
})
