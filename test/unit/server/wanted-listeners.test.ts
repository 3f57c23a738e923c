import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listWantedListeners } from '../../../src/server/wanted-listeners.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { sampleSettings } from '../../support/sample-settings.ts'
import { noStores, openPemStores } from '../../support/stores.ts'

const ADMIN = { host: '127.0.0.1', port: 9485 }
const PORT = { host: '127.0.0.1', port: 4485 }
const TLS = {
  certificates: [{ keystore: 'edge', alias: 'one', pointer: '/tls/0' }],
  clientCertificates: 'none' as const,
  clientTruststore: undefined,
  minVersion: 'TLSv1.2' as const,
}

test('the listeners come in a fixed order, the admin listener last; http may be absent', async () => {
  const none = await noStores()
  const both = listWantedListeners(sampleSettings(), none)
  assert.ok(both.ok)
  assert.deepEqual(
    both.value.map(({ kind, address }) => [kind, address.port]),
    [
      ['http', 4485],
      ['admin', 9485],
    ],
  )
  const only = listWantedListeners(sampleSettings({ ports: { http: undefined, https: undefined, admin: ADMIN } }), none)
  assert.deepEqual(only.ok && only.value.map(({ kind }) => kind), ['admin'])
})

test('https has its certificates, and limits are those of the settings', async () => {
  const { key, cert } = makeCertificate('DNS:localhost')
  const settings = sampleSettings({ ports: { http: undefined, https: PORT, admin: ADMIN }, tls: TLS })
  const made = listWantedListeners(settings, await openPemStores({ keystores: { edge: { one: { key, cert } } } }))
  assert.ok(made.ok)
  const [https, admin] = made.value
  assert.notEqual(https?.tls?.choose('localhost'), undefined)
  assert.equal(https?.limits, settings.limits)
  assert.equal(admin?.tls, undefined)
})

test('a certificate that cannot be used is a problem with its place', async () => {
  const settings = sampleSettings({ ports: { http: PORT, https: PORT, admin: ADMIN }, tls: TLS })
  const refused = listWantedListeners(settings, await noStores())
  assert.ok(!refused.ok)
  assert.equal(refused.error.pointer, '/tls/0/keyAlias')
})
