import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingsOf } from '../../support/settings-document.ts'

const YAML = `
ports: { https: 7749 }
tls: { certificates: [ { keyStoreAlias: edge } ], trustStoreAlias: partners, client_certificates: required, min_version: TLSv1.3 }
security_settings:
  keystores:
    - { name: edge, entries: [ { alias: e, certificate: ./e.crt, private_key: ./e.key } ] }
    - { name: made, type: generated }
    - { name: old, type: pkcs12, file: ./old.p12 }
  truststores:
    - { name: partners, entries: [ { alias: p, certificate: ./p.crt } ] }
    - { name: old, type: jks, file: ./old.jks }
`

test('stores that can be used have absolute files; the others are left out', () => {
  const { keystores, truststores } = settingsOf(YAML, '/etc/mg')
  const at = '/security_settings'
  assert.deepEqual(keystores, [
    {
      type: 'pem',
      name: 'edge',
      entries: [
        {
          alias: 'e',
          certificateFile: '/etc/mg/e.crt',
          privateKeyFile: '/etc/mg/e.key',
          pointer: `${at}/keystores/0/entries/0`,
        },
      ],
      pointer: `${at}/keystores/0`,
    },
    { type: 'generated', name: 'made', algorithm: 'RS256', alias: 'signing', pointer: `${at}/keystores/1` },
  ])
  assert.deepEqual(truststores, [
    {
      name: 'partners',
      entries: [{ alias: 'p', certificateFile: '/etc/mg/p.crt', pointer: `${at}/truststores/0/entries/0` }],
      pointer: `${at}/truststores/0`,
    },
  ])
})

test('what https serves is found through its aliases', () => {
  assert.deepEqual(settingsOf(YAML, '/etc/mg').tls, {
    certificates: [
      { alias: 'e', certificateFile: '/etc/mg/e.crt', privateKeyFile: '/etc/mg/e.key', pointer: '/tls/certificates/0' },
    ],
    clientCertificates: 'required',
    clientAuthorityFiles: ['/etc/mg/p.crt'],
    minVersion: 'TLSv1.3',
  })
})

test('asking for a client certificate without need is not built yet', () => {
  assert.equal(settingsOf(YAML.replace('required', 'optional')).tls?.clientCertificates, 'none')
})
