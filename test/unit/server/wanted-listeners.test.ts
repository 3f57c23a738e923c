import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listWantedListeners } from '../../../src/server/wanted-listeners.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { sampleSettings } from '../../support/sample-settings.ts'

const ADMIN = { host: '127.0.0.1', port: 9485 }
const PORT = { host: '127.0.0.1', port: 4485 }
const TLS = {
  certificates: [{ alias: 'edge', certificateFile: 'edge.pem', privateKeyFile: 'edge.key', pointer: '/tls/0' }],
  clientCertificates: 'none' as const,
  clientAuthorityFiles: [],
  minVersion: 'TLSv1.2' as const,
}
const never = (): never => assert.fail('no file is read')

test('the listeners come in a fixed order, the admin listener last; http may be absent', () => {
  const both = listWantedListeners(sampleSettings(), never)
  assert.ok(both.ok)
  assert.deepEqual(
    both.value.map(({ kind, address }) => [kind, address.port]),
    [
      ['http', 4485],
      ['admin', 9485],
    ],
  )
  const none = listWantedListeners(
    sampleSettings({ ports: { http: undefined, https: undefined, admin: ADMIN } }),
    never,
  )
  assert.deepEqual(none.ok && none.value.map(({ kind }) => kind), ['admin'])
})

test('https has its certificates, and limits are those of the settings', () => {
  const { key, cert } = makeCertificate('DNS:localhost')
  const settings = sampleSettings({ ports: { http: undefined, https: PORT, admin: ADMIN }, tls: TLS })
  const made = listWantedListeners(settings, file => Buffer.from(file.endsWith('.key') ? key : cert))
  assert.ok(made.ok)
  const [https, admin] = made.value
  assert.notEqual(https?.tls?.choose('localhost'), undefined)
  assert.equal(https?.limits, settings.limits)
  assert.equal(admin?.tls, undefined)
})

test('a certificate that cannot be used is a problem with its place', () => {
  const settings = sampleSettings({ ports: { http: PORT, https: PORT, admin: ADMIN }, tls: TLS })
  const refused = listWantedListeners(settings, () => Buffer.from('nothing'))
  assert.ok(!refused.ok)
  assert.equal(refused.error.pointer, '/tls/0')
})
