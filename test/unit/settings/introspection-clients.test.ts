import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkIntrospection } from '../../../src/settings/introspection-clients.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const AT = '/security_settings/auth_servers/0/remoteIntrospectionConfig'
const STORES =
  'keystores: [ { name: made, type: generated, algorithm: RS256 }, { name: edge, entries: [ { alias: a } ] }, { name: two, entries: [ { alias: a }, { alias: b } ] } ]'

function say(remote: string, local = ''): readonly string[] {
  const server = `{ name: sso, ${local} remoteIntrospectionConfig: { introspectionEndpoint: https://x, ${remote} } }`
  return checkIntrospection(inspectionOf(`security_settings: { ${STORES}, auth_servers: [ ${server} ] }`)).map(
    sayFinding,
  )
}

test('a client has an ID and what proves it', () => {
  assert.deepEqual(say('clientId: a, clientSecret: b'), [])
  assert.deepEqual(say('clientId: a'), [`error config.required ${AT}/clientId`])
  assert.deepEqual(say('clientSecret: a'), [`error config.required ${AT}/clientSecret`])
  assert.deepEqual(say(''), [`warning config.insecure ${AT}/introspectionEndpoint`])
  assert.deepEqual(say('client_authentication: post'), [`error config.required ${AT}/client_authentication`])
  assert.deepEqual(say('clientid: a, clientSecret: b'), [], 'a misspelled key is told by itself')
})

test('an assertion needs a key that may sign it', () => {
  const means = 'client_authentication: private_key_jwt, clientId: a'
  assert.deepEqual(say(`${means}, keyStoreAlias: edge`), [])
  assert.deepEqual(say(`${means}, keyStoreAlias: two, keyAlias: b`), [])
  assert.deepEqual(say(means), [`error config.required ${AT}/client_authentication`])
  assert.deepEqual(say(`${means}, keyStoreAlias: two`), [`error config.required ${AT}/keyStoreAlias`])
  assert.deepEqual(say(`${means}, keyStoreAlias: made`), [`error config.conflict ${AT}/keyStoreAlias`])
  assert.deepEqual(say('clientId: a, clientSecret: b, keyStoreAlias: edge'), [
    `warning config.conflict ${AT}/keyStoreAlias`,
  ])
})

test('a client certificate is named in tls', () => {
  const means = 'client_authentication: tls, clientId: a'
  assert.deepEqual(say(`${means}, tls: { keyStoreAlias: edge }`), [])
  assert.deepEqual(say(means), [`error config.required ${AT}/client_authentication`])
})

test('signed answers are believed by issuer and client', () => {
  const local = 'localIntrospectionConfig: { issuer: i, jwksuri: https://x },'
  assert.deepEqual(say('clientId: a, clientSecret: b, signed_answers: required', local), [])
  assert.deepEqual(say('clientId: a, clientSecret: b, signed_answers: required'), [
    `error config.required ${AT}/signed_answers`,
  ])
})

test('an oauth2 rule without names needs an auth server that can be asked', () => {
  const rule = 'apis: [ { name: a, policies: [ { identify_and_authorize: { rules: [ { oauth2: {} } ] } } ] } ]'
  assert.deepEqual(checkIntrospection(inspectionOf(rule)).map(sayFinding), [
    'error config.reference /apis/0/policies/0/identify_and_authorize/rules/0/oauth2',
  ])
})
