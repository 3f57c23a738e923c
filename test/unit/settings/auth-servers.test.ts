import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAuthServers } from '../../../src/settings/auth-servers.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const AT = '/security_settings/auth_servers/0'
const STORES =
  'keystores: [ { name: made, type: generated, algorithm: RS256 }, { name: two, entries: [ { alias: a }, { alias: b } ] } ]'

const check = (server: string, more = '') =>
  checkAuthServers(
    inspectionOf(`security_settings: { ${STORES}, auth_servers: [ { name: idp, ${server} } ] }\n${more}`),
  )
const say = (server: string, more?: string) => check(server, more).map(sayFinding)
const local = (text: string, more?: string) => say(`localIntrospectionConfig: { ${text} }`, more)

test('an auth server has an issuer, unless it only introspects', () => {
  assert.deepEqual(say('description: x'), [`error config.required ${AT}/localIntrospectionConfig`])
  assert.deepEqual(local('jwksuri: https://x'), [`error config.required ${AT}/localIntrospectionConfig`])
  assert.deepEqual(say('remoteIntrospectionConfig: { introspectionEndpoint: https://x }'), [])
})

test('an auth server without keys is a warning, unless a strategy brings its own', () => {
  assert.deepEqual(local('issuer: i'), [`warning config.unusable ${AT}/name`])
  assert.deepEqual(local('issuer: i', 'applications: [ { name: a, strategies: [ { authServerAlias: idp } ] } ]'), [])
})

test('one source of keys counts', () => {
  assert.deepEqual(local('issuer: i, jwksuri: https://x'), [])
  assert.deepEqual(local('issuer: i, jwks_file: x'), [])
  assert.deepEqual(local('issuer: i, jwksuri: https://x, jwks_file: x'), [
    `warning config.conflict ${AT}/localIntrospectionConfig/jwks_file`,
  ])
})

test('a discovery document is a source of keys, in place of the address of the keys', () => {
  const at = `${AT}/localIntrospectionConfig/discovery_url`
  assert.deepEqual(local('issuer: i, discovery_url: https://x'), [])
  assert.deepEqual(local('issuer: i, discovery_url: https://x, jwks_file: x'), [
    `warning config.conflict ${AT}/localIntrospectionConfig/jwks_file`,
  ])
  assert.deepEqual(local('issuer: i, jwksuri: https://x, discovery_url: https://x'), [`error config.conflict ${at}`])
  assert.deepEqual(local('issuer: i, discovery_url: http://idp.example.com'), [`error config.insecure ${at}`])
})

test('a certificate is named by truststore and alias', () => {
  assert.deepEqual(local('issuer: i, trustStoreAlias: t'), [
    `error config.required ${AT}/localIntrospectionConfig/trustStoreAlias`,
  ])
  assert.deepEqual(local('issuer: i, certificateAlias: t'), [
    `error config.required ${AT}/localIntrospectionConfig/certificateAlias`,
  ])
  assert.deepEqual(local('issuer: i, trustStoreAlias: t, certificateAlias: c'), [])
})

test('the product writes `trustStoreAlias: null` beside its JWKS URI', () => {
  assert.deepEqual(local('issuer: i, jwksuri: https://x, trustStoreAlias: null, certificateAlias: null'), [])
})

test('keys are not fetched in the clear from another machine', () => {
  const at = `${AT}/localIntrospectionConfig/jwksuri`
  assert.deepEqual(local('issuer: i, jwksuri: http://idp.example.com'), [`error config.insecure ${at}`])
  assert.deepEqual(local('issuer: i, jwksuri: http://idp.example.com, allow_http: true'), [
    `warning config.insecure ${at}`,
  ])
  for (const host of ['127.0.0.1', 'localhost', '[::1]'])
    assert.deepEqual(local(`issuer: i, jwksuri: "http://${host}:8080/x"`), [])
  assert.deepEqual(say('remoteIntrospectionConfig: { introspectionEndpoint: http://sso.example.com }'), [
    `error config.insecure ${AT}/remoteIntrospectionConfig/introspectionEndpoint`,
  ])
})

test('a generator names a key that can sign', () => {
  const generator = (text: string) => say(`localIntrospectionConfig: { issuer: i }, tokenGeneratorConfig: { ${text} }`)
  const at = `${AT}/tokenGeneratorConfig`
  assert.deepEqual(generator('keyStoreAlias: made'), [])
  assert.deepEqual(generator('keyStoreAlias: made, algorithm: RS512'), [])
  assert.deepEqual(generator('keyStoreAlias: made, algorithm: ES256'), [`error config.conflict ${at}/algorithm`])
  assert.deepEqual(generator('keyStoreAlias: two'), [`error config.required ${at}/keyStoreAlias`])
  assert.deepEqual(generator('keyStoreAlias: two, keyAlias: b'), [])
})

test('a generator without keystore, as the product exports it, cannot issue', () => {
  const findings = check(
    'localIntrospectionConfig: { issuer: i, jwksuri: https://x }, tokenGeneratorConfig: { audience: orders }',
  )
  assert.deepEqual(findings.map(sayFinding), [`warning config.unusable ${AT}/tokenGeneratorConfig`])
})

test('what follows from a misspelled key is not told again', () => {
  assert.deepEqual(local('issuer: i, jwks_uri: https://x'), [])
  assert.deepEqual(local('isuer: i, jwksuri: https://x'), [])
})

test('a misspelled block is told once, by its name', () => {
  assert.deepEqual(say('localintrospectionconfig: { issuer: i }'), [])
  assert.deepEqual(say('local_introspection_config: { issuer: i }'), [])
})
