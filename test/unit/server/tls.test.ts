import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import type { Stores } from '../../../src/keys/stores.ts'
import { createServerTls, type ServerTls } from '../../../src/server/tls.ts'
import type { TlsSettings } from '../../../src/settings/model.ts'
import { makeCertificate, type TestCertificate } from '../../support/certificate.ts'
import { openFrontDoor } from '../../support/front-door.ts'
import { openRawSocket, parseAnswers } from '../../support/raw-socket.ts'
import { openPemStores } from '../../support/stores.ts'

const certificates = new Map<string, TestCertificate>()

function settings(aliases: readonly string[], changes: Partial<TlsSettings> = {}): TlsSettings {
  return {
    certificates: aliases.map((alias, i) => ({ keystore: 'edge', alias, pointer: `/tls/certificates/${i}` })),
    clientCertificates: 'none',
    clientTruststore: undefined,
    minVersion: 'TLSv1.2',
    ...changes,
  }
}

function openStores(): Promise<Stores> {
  return openPemStores({ keystores: { edge: Object.fromEntries(certificates), bare: { key: bareKey() } } })
}

/** A private key without a certificate. */
function bareKey(): { readonly key: string } {
  return { key: certificates.get('one')?.key ?? '' }
}

async function create(aliases: readonly string[]): Promise<ServerTls> {
  const tls = createServerTls(settings(aliases), await openStores())
  assert.ok(tls.ok, JSON.stringify(tls))
  return tls.value
}

describe('certificates', () => {
  let one: TestCertificate
  let two: TestCertificate
  before(() => {
    one = makeCertificate('DNS:one.test,IP:127.0.0.1')
    two = makeCertificate('DNS:Two.test,DNS:*.two.test')
    certificates.set('one', one).set('two', two)
  })

  test('are chosen by the names of their SAN, in any case; a name without one gets the first', async () => {
    const tls = await create(['one', 'two'])
    assert.notEqual(tls.choose('ONE.test'), undefined)
    assert.notEqual(tls.choose('one.test'), tls.choose('two.test'))
    assert.equal(tls.choose('two.test'), tls.choose('a.TWO.test'))
    for (const name of ['a.b.two.test', 'other.test', '', '.two', '127.0.0.1', 'a\0.two.test.x']) {
      assert.equal(tls.choose(name), undefined, name)
    }
  })

  test('that cannot be served are findings at their place, and say nothing of the key', async () => {
    const stores = await openStores()
    for (const [tls, pointer, message] of [
      [settings(['one', 'absent']), '/tls/certificates/1/keyAlias', /no key `absent`/],
      [settings([]), '/tls/certificates', /no certificate/],
      [
        settings([], { certificates: [{ keystore: 'bare', alias: undefined, pointer: '/tls/certificates/0' }] }),
        '/tls/certificates/0/keyStoreAlias',
        /no certificate to serve/,
      ],
      [
        settings([], { certificates: [{ keystore: 'edge', alias: undefined, pointer: '/tls/certificates/0' }] }),
        '/tls/certificates/0/keyStoreAlias',
        /2 entries, and none is named/,
      ],
      [settings(['one'], { clientCertificates: 'optional' }), '/tls/client_certificates', /no truststore/],
    ] as const) {
      const made = createServerTls(tls, stores)
      assert.ok(!made.ok)
      assert.equal(made.error.pointer, pointer)
      assert.match(made.error.message, message)
      assert.ok(!/BEGIN/.test(JSON.stringify(made)))
    }
  })

  test('are served by name, and replaced while the listener runs', async () => {
    const door = await openFrontDoor({ tls: await create(['one', 'two']) })
    const served = async (servername: string, ca: string): Promise<string> => {
      const raw = await openRawSocket({ port: door.port, tls: { ca, servername } })
      raw.send('GET /a HTTP/1.1\r\nHost: one.test\r\n\r\n')
      const [answer] = parseAnswers(await raw.until(/ok/))
      assert.equal(answer?.status, 200)
      assert.ok(raw.socket instanceof TLSSocket)
      const { raw: der } = raw.socket.getPeerCertificate()
      raw.destroy()
      return new X509Certificate(der).fingerprint256
    }
    const print = (certificate: TestCertificate): string => new X509Certificate(certificate.cert).fingerprint256
    try {
      assert.equal(await served('one.test', one.cert), print(one))
      assert.equal(await served('x.two.test', two.cert), print(two))
      assert.equal(door.reached[0]?.scheme, 'https')
      assert.equal(door.reached[0]?.peer.tls, true)

      const three = makeCertificate('DNS:one.test')
      certificates.set('three', three)
      door.listener.update(door.limits, await create(['three']))
      assert.equal(await served('one.test', three.cert), print(three))
    } finally {
      await door.close()
    }
  })

  test('are not spoken of to a caller who does not speak TLS', async () => {
    const door = await openFrontDoor({ tls: await create(['one']) })
    try {
      const raw = await openRawSocket({ port: door.port })
      raw.send('GET /a HTTP/1.1\r\nHost: one.test\r\n\r\n')
      assert.ok(!(await raw.closed()).startsWith('HTTP/'))
      assert.deepEqual(door.denials, [])
      assert.deepEqual(door.defects, [])
    } finally {
      await door.close()
    }
  })
})
