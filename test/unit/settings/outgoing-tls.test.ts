import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOutgoingTls } from '../../../src/settings/outgoing-tls.ts'
import { checkReferences } from '../../../src/settings/references.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const STORES = `
security_settings:
  keystores:
    - { name: edge, entries: [ { alias: a, private_key: a }, { alias: b, private_key: b } ] }
    - { name: file, type: pkcs12, file: a.p12 }
    - { name: made, type: generated }
  truststores: [ { name: partners, type: jks, file: a.jks } ]
`
const AT = '/apis/0/upstream/tls'

function check(tls: string): readonly string[] {
  const inspection = inspectionOf(
    `apis: [ { name: orders, upstream: { targets: [ https://x ], tls: { ${tls} } } } ]${STORES}`,
  )
  return [...checkOutgoingTls(inspection), ...checkReferences(inspection)].map(sayFinding)
}

test('a verification that is off is a warning, wherever it is written', () => {
  assert.deepEqual(check('verify: false'), [`warning config.insecure ${AT}/verify`])
  assert.deepEqual(check('verify: true'), [])
  const servers = `
    - { name: one, localIntrospectionConfig: { issuer: i, jwksuri: "https://x", tls: { verify: false } } }
    - { name: two, remoteIntrospectionConfig: { introspectionEndpoint: "https://x", tls: { verify: false } } }`
  const findings = checkOutgoingTls(inspectionOf(`security_settings:\n  auth_servers:${servers}`))
  assert.deepEqual(findings.map(sayFinding), [
    'warning config.insecure /security_settings/auth_servers/0/localIntrospectionConfig/tls/verify',
    'warning config.insecure /security_settings/auth_servers/1/remoteIntrospectionConfig/tls/verify',
  ])
})

test('stores and aliases that are named are there', () => {
  assert.deepEqual(check('trustStoreAlias: partners, keyStoreAlias: edge, keyAlias: a'), [])
  assert.deepEqual(check('keyStoreAlias: file, keyAlias: whatever'), [])
  assert.deepEqual(check('trustStoreAlias: nobody'), [`error config.reference ${AT}/trustStoreAlias`])
  assert.deepEqual(check('keyStoreAlias: edge, keyAlias: c'), [`error config.reference ${AT}/keyAlias`])
})

test('a client certificate is named whole, and is none that was never made', () => {
  assert.deepEqual(check('keyAlias: a'), [`error config.required ${AT}/keyAlias`])
  assert.deepEqual(check('keyStoreAlias: edge'), [`error config.required ${AT}/keyStoreAlias`])
  assert.deepEqual(check('keyStoreAlias: made'), [`error config.conflict ${AT}/keyStoreAlias`])
})
