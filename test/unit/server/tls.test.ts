import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { createServerTls, type ServerTls } from '../../../src/server/tls.ts'
import type { TlsSettings } from '../../../src/settings/model.ts'
import { makeCertificate, type TestCertificate } from '../../support/certificate.ts'
import { openFrontDoor } from '../../support/front-door.ts'
import { openRawSocket, parseAnswers } from '../../support/raw-socket.ts'

const files = new Map<string, string>()

function read(file: string): Uint8Array {
  const text = files.get(file)
  if (text === undefined) throw Object.assign(new Error(`no ${file}`), { code: 'ENOENT' })
  return Buffer.from(text)
}

function settings(aliases: readonly string[], changes: Partial<TlsSettings> = {}): TlsSettings {
  return {
    certificates: aliases.map((alias, i) => ({
      alias,
      certificateFile: `${alias}.pem`,
      privateKeyFile: `${alias}.key`,
      pointer: `/tls/certificates/${i}`,
    })),
    clientCertificates: 'none',
    clientAuthorityFiles: [],
    minVersion: 'TLSv1.2',
    ...changes,
  }
}

function create(aliases: readonly string[]): ServerTls {
  const tls = createServerTls(settings(aliases), read)
  assert.ok(tls.ok, JSON.stringify(tls))
  return tls.value
}

describe('certificates', () => {
  let one: TestCertificate
  let two: TestCertificate
  before(() => {
    one = makeCertificate('DNS:one.test,IP:127.0.0.1')
    two = makeCertificate('DNS:Two.test,DNS:*.two.test')
    files.set('one.pem', one.cert).set('one.key', one.key)
    files.set('two.pem', two.cert).set('two.key', two.key)
    files.set('mixed.pem', one.cert).set('mixed.key', two.key)
    files.set('broken.pem', 'no certificate').set('broken.key', one.key)
  })

  test('are chosen by the names of their SAN, in any case; a name without one gets the first', () => {
    const tls = create(['one', 'two'])
    assert.notEqual(tls.choose('ONE.test'), undefined)
    assert.notEqual(tls.choose('one.test'), tls.choose('two.test'))
    assert.equal(tls.choose('two.test'), tls.choose('a.TWO.test'))
    for (const name of ['a.b.two.test', 'other.test', '', '.two', '127.0.0.1', 'a\0.two.test.x']) {
      assert.equal(tls.choose(name), undefined, name)
    }
  })

  test('that cannot be served are problems that name their entry and nothing of the file', () => {
    for (const alias of ['mixed', 'broken', 'absent']) {
      const tls = createServerTls(settings(['one', alias]), read)
      assert.ok(!tls.ok)
      assert.equal(tls.error.pointer, '/tls/certificates/1')
      assert.match(tls.error.message, new RegExp(`\`${alias}\``))
      assert.ok(!/BEGIN|no certificate/.test(tls.error.message))
    }
    assert.equal(createServerTls(settings([]), read).ok, false)
  })

  test('are served by name, and replaced while the listener runs', async () => {
    const door = await openFrontDoor({ tls: create(['one', 'two']) })
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
      files.set('three.pem', three.cert).set('three.key', three.key)
      door.listener.update(door.limits, create(['three']))
      assert.equal(await served('one.test', three.cert), print(three))
    } finally {
      await door.close()
    }
  })

  test('are not spoken of to a caller who does not speak TLS', async () => {
    const door = await openFrontDoor({ tls: create(['one']) })
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
