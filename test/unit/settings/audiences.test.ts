import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTokens } from '../../../src/settings/audiences.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const servers = (audience = '') => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: i${audience} } }
    - { name: other, localIntrospectionConfig: { issuer: j, audience: orders } }
`
const rule = (jwt: string, applications: string) =>
  `apis: [ { name: orders, policies: [ { identify_and_authorize: { rules: [ { jwt: { ${jwt} }, applications: ${applications} } ] } } ] } ]`
const AT = '/apis/0/policies/0/identify_and_authorize/rules/0/jwt/auth_servers/0'
const say = (...parts: readonly string[]) => checkTokens(inspectionOf(parts.join('\n'))).map(sayFinding)

test('an audience that nothing can match is a warning', () => {
  assert.deepEqual(say(servers(), rule('auth_servers: [ idp ]', 'none')), [`warning config.unusable ${AT}`])
  assert.deepEqual(say(servers(), 'apis: [ { name: orders, policies: [ jwt: idp ] } ]'), [
    'warning config.unusable /apis/0/policies/0/jwt',
  ])
})

test('an audience that something can match is none', () => {
  const application = (text: string) =>
    `applications: [ { name: a, apis: [ orders ], auth_servers: [ idp ], ${text} } ]`
  assert.deepEqual(say(servers(', audience: orders'), rule('auth_servers: [ idp ]', 'none')), [])
  assert.deepEqual(say(servers(), rule('auth_servers: [ idp ], audience: off', 'none')), [])
  assert.deepEqual(
    say(
      servers(),
      application('identifiers: { claim_sets: [ { sub: x } ] }'),
      rule('auth_servers: [ idp ]', 'registered'),
    ),
    [],
  )
  const strategy = 'strategies: [ { authServerAlias: idp, audience: x } ]'
  assert.deepEqual(say(servers(), application(strategy), rule('auth_servers: [ idp ]', 'global')), [])
})

test('an application that does not count for the rule does not help', () => {
  const application =
    'applications: [ { name: a, apis: [ others ], auth_servers: [ idp ], identifiers: { claim_sets: [ { sub: x } ] } } ]'
  assert.deepEqual(say(servers(), application, rule('auth_servers: [ idp ]', 'registered')), [
    `warning config.unusable ${AT}`,
  ])
})

test('with several issuers an application says whose tokens may name it', () => {
  const application = (text: string) =>
    `applications: [ { name: a, ${text}, identifiers: { claim_sets: [ { sub: x } ] } } ]`
  const both = rule('auth_servers: [ idp, other ]', 'registered')
  const warning = 'warning config.insecure /applications/0/name'
  assert.deepEqual(say(servers(', audience: x'), application('apis: [ orders ]'), both), [warning])
  assert.deepEqual(say(servers(', audience: x'), application('apis: [ orders ], auth_servers: [ idp ]'), both), [])
  assert.deepEqual(say(servers(', audience: x'), application('apis: []'), both), [])
  assert.deepEqual(say(servers(', audience: x'), application('apis: []'), rule('', 'global')), [warning])
  assert.deepEqual(
    say(servers(', audience: x'), application('apis: [ orders ]'), rule('auth_servers: [ idp ]', 'registered')),
    [],
  )
})
