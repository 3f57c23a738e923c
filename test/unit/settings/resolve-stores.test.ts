import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../../src/settings/secret.ts'
import { settingsOf } from '../../support/settings-document.ts'

const YAML = `
ports: { https: 7749 }
tls: { certificates: [ { keyStoreAlias: edge } ], trustStoreAlias: partners, client_certificates: required, min_version: TLSv1.3 }
security_settings:
  keystores:
    - { name: edge, entries: [ { alias: e, certificate: ./e.crt, private_key: ./e.key } ] }
    - { name: made, type: generated }
    - { name: old, type: pkcs12, file: ./old.p12, password: "{encoded}Y2hhbmdlaXQ=" }
  truststores:
    - { name: partners, entries: [ { alias: p, certificate: ./p.crt } ] }
    - { name: old, type: jks, file: ./old.jks }
`

test('stores have absolute files, and passwords that do not show', () => {
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
          password: undefined,
          pointer: `${at}/keystores/0/entries/0`,
        },
      ],
      pointer: `${at}/keystores/0`,
    },
    { type: 'generated', name: 'made', algorithm: 'RS256', alias: 'signing', pointer: `${at}/keystores/1` },
    {
      type: 'pkcs12',
      name: 'old',
      file: '/etc/mg/old.p12',
      password: new Secret('changeit'),
      pointer: `${at}/keystores/2`,
    },
  ])
  assert.deepEqual(truststores, [
    {
      type: 'pem',
      name: 'partners',
      entries: [{ alias: 'p', certificateFile: '/etc/mg/p.crt', pointer: `${at}/truststores/0/entries/0` }],
      pointer: `${at}/truststores/0`,
    },
    { type: 'jks', name: 'old', file: '/etc/mg/old.jks', password: undefined, pointer: `${at}/truststores/1` },
  ])
})

test('the password of a PEM keystore is that of its keys, unless a key has its own', () => {
  const entries = '[ { alias: a, private_key: a }, { alias: b, private_key: b, password: own } ]'
  const { keystores } = settingsOf(
    `security_settings: { keystores: [ { name: k, password: theirs, entries: ${entries} } ] }`,
  )
  const [store] = keystores
  assert.ok(store?.type === 'pem')
  assert.deepEqual(
    store.entries.map(({ password }) => password?.reveal()),
    ['theirs', 'own'],
  )
})

test('what https serves is named by store and alias', () => {
  assert.deepEqual(settingsOf(YAML, '/etc/mg').tls, {
    certificates: [{ keystore: 'edge', alias: undefined, pointer: '/tls/certificates/0' }],
    clientCertificates: 'required',
    clientTruststore: { name: 'partners', pointer: '/tls/trustStoreAlias' },
    minVersion: 'TLSv1.3',
  })
  assert.equal(settingsOf(YAML.replace('required', 'optional')).tls?.clientCertificates, 'optional')
})
