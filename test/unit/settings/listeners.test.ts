import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkListeners } from '../../../src/settings/listeners.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const say = (yaml: string) => checkListeners(inspectionOf(yaml)).map(sayFinding)
const KEYSTORES = `
security_settings:
  keystores:
    - { name: edge, entries: [ { alias: a, certificate: c, private_key: k } ] }
    - { name: two, entries: [ { alias: a, certificate: c, private_key: k }, { alias: b, private_key: k } ] }
    - { name: made, type: generated }
    - { name: p12, type: pkcs12, file: x }
`

test('no port is taken twice', () => {
  assert.deepEqual(say('ports: { http: 4485, admin: "127.0.0.1:4485" }'), ['error config.conflict /ports/admin'])
  assert.deepEqual(say('ports: { http: "127.0.0.1:80", admin: "127.0.0.2:80" }'), [])
  assert.deepEqual(say('ports: { http: 0, admin: 0 }'), [])
  for (const all of ['0.0.0.0', '[::]']) {
    assert.deepEqual(say(`ports: { http: "${all}:80", admin: "127.0.0.1:80" }`), ['error config.conflict /ports/admin'])
    assert.deepEqual(say(`ports: { http: 80, admin: "${all}:80" }`), ['error config.conflict /ports/admin'])
  }
  assert.deepEqual(say('ports: { http: "0.0.0.0:80", admin: "[::1]:80" }'), [])
})

test('https needs a certificate', () => {
  const [finding] = checkListeners(inspectionOf('ports: { https: 7749 }'))
  assert.equal(finding?.message, '`ports.https` needs a certificate')
  assert.deepEqual(say(`ports: { https: 7749 }\ntls: { certificates: [ { keyStoreAlias: edge } ] }${KEYSTORES}`), [])
  assert.deepEqual(say(`ports: { https: 7749 }\ntls: { certificates: [ { keyStoreAlias: p12 } ] }${KEYSTORES}`), [])
})

test('a certificate is a key with a certificate', () => {
  const tls = (text: string) => say(`tls: { certificates: [ { ${text} } ] }${KEYSTORES}`)
  assert.deepEqual(tls('keyStoreAlias: two'), ['error config.required /tls/certificates/0/keyStoreAlias'])
  assert.deepEqual(tls('keyStoreAlias: two, keyAlias: b'), ['error config.conflict /tls/certificates/0/keyAlias'])
  assert.deepEqual(tls('keyStoreAlias: two, keyAlias: a'), [])
  assert.deepEqual(tls('keyStoreAlias: made'), ['error config.conflict /tls/certificates/0/keyStoreAlias'])
})

test('client certificates that are asked for need somebody to trust', () => {
  assert.deepEqual(say('tls: { client_certificates: optional }'), ['error config.required /tls/client_certificates'])
  assert.deepEqual(say('tls: { client_certificates: required }'), ['error config.required /tls/client_certificates'])
  assert.deepEqual(say('tls: { client_certificates: required, trustStoreAlias: x }'), [])
})

test('tokens that are issued over HTTPS only need HTTPS', () => {
  const issuing =
    'security_settings: { auth_servers: [ { name: local, tokenGeneratorConfig: { keyStoreAlias: s } } ] }\n'
  assert.deepEqual(say(issuing), ['warning config.unusable /security_settings/auth_servers/0/tokenGeneratorConfig'])
  assert.deepEqual(say(`${issuing}extended_settings: { pg_JWT_isHTTPS: false }`), [])
  assert.deepEqual(say(`${issuing}trusted_proxies: [ 10.0.0.1 ]`), [])
})
