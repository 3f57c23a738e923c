import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkReferences } from '../../../src/settings/references.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const BASE = `
users: [ { name: alice } ]
security_settings:
  keystores:
    - { name: edge, type: pem, entries: [ { alias: e-1, certificate: c, private_key: k } ] }
    - { name: signing, type: generated, alias: s-1 }
    - { name: old, type: jks, file: x.jks }
  truststores: [ { name: partners, entries: [ { alias: p-1, certificate: c } ] } ]
  auth_servers:
    - { name: staff-idp, localIntrospectionConfig: { issuer: a } }
    - { name: legacy, remoteIntrospectionConfig: { introspectionEndpoint: https://x } }
`
const API = `
apis:
  - name: orders
    upstream: builtin:echo
    routes: [ { match: GET /v1/items }, { match: ANY /* } ]
`

const check = (yaml: string) => checkReferences(inspectionOf(BASE + yaml))
const say = (yaml: string) => check(yaml).map(sayFinding)

test('a dangling name shows the near candidate as a second place', () => {
  const [finding, ...more] = check('apis: [ { name: orders, policies: [ jwt: staff_idp ] } ]')
  assert.deepEqual(more, [])
  assert.deepEqual(finding, {
    code: 'config.reference',
    severity: 'error',
    message: 'API `orders` names an auth server that is not defined',
    pointer: '/apis/0/policies/0/jwt',
    label: 'no auth server `staff_idp`',
    related: [{ pointer: '/security_settings/auth_servers/0/name', label: 'this one looks close' }],
    help: 'write `staff-idp`, or define `staff_idp` under security_settings.auth_servers',
  })
})

test('a name that is near to nothing says where to define it', () => {
  const [finding] = check('applications: [ { name: app, identifiers: { users: [ bob ] } } ]')
  assert.equal(finding?.message, 'application `app` names a user that is not defined')
  assert.equal(finding?.help, 'define `bob` under users')
  assert.equal(finding?.related, undefined)
})

test('everything that is defined may be named', () => {
  const yaml = `${API}
applications:
  - { name: app, apis: [ orders ], auth_servers: [ staff-idp ], identifiers: { users: [ alice ] }, strategies: [ { authServerAlias: staff-idp } ] }
scope_mappings: [ { scope: x, apis: [ orders ], routes: [ GET /v1/items/, ANY /* ] } ]
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: e-1 }, { keyStoreAlias: old, keyAlias: whatever } ], trustStoreAlias: partners }
oauth: { auth_server: staff-idp }
`
  assert.deepEqual(say(yaml), [])
})

test('every place that names something is looked at', () => {
  const table = {
    '/applications/0/apis/0': 'applications: [ { name: a, apis: [ nope ] } ]',
    '/applications/0/auth_servers/0': 'applications: [ { name: a, auth_servers: [ nope ] } ]',
    '/applications/0/identifiers/users/0': 'applications: [ { name: a, identifiers: { users: [ nope ] } } ]',
    '/applications/0/strategies/0/authServerAlias':
      'applications: [ { name: a, strategies: [ { authServerAlias: nope } ] } ]',
    '/scope_mappings/0/apis/0': 'scope_mappings: [ { scope: x, apis: [ nope ] } ]',
    '/scope_mappings/0/routes/0': `${API}\nscope_mappings: [ { scope: x, apis: [ orders ], routes: [ POST /v1/items ] } ]`,
    '/tls/certificates/0/keyStoreAlias': 'tls: { certificates: [ { keyStoreAlias: nope } ] }',
    '/tls/certificates/0/keyAlias': 'tls: { certificates: [ { keyStoreAlias: edge, keyAlias: nope } ] }',
    '/tls/trustStoreAlias': 'tls: { trustStoreAlias: nope }',
    '/apis/0/upstream/tls/trustStoreAlias': 'apis: [ { name: a, upstream: { tls: { trustStoreAlias: nope } } } ]',
    '/apis/0/policies/0/identify_and_authorize/rules/0/jwt/auth_servers/0':
      'apis: [ { name: a, policies: [ { identify_and_authorize: { rules: [ { jwt: { auth_servers: [ nope ] } } ] } } ] } ]',
    '/apis/0/routes/0/policies/0/jwt/1':
      'apis: [ { name: a, routes: [ { match: GET /, policies: [ jwt: [ staff-idp, nope ] ] } ] } ]',
    '/apis/0/policies/0/backend_jwt/keyStoreAlias':
      'apis: [ { name: a, policies: [ { backend_jwt: { keyStoreAlias: nope } } ] } ]',
    '/oauth/auth_server': 'oauth: { auth_server: nope }',
    '/tests/0/given/token/from': 'tests: [ { name: a, given: { token: { from: nope } } } ]',
  }
  for (const [pointer, yaml] of Object.entries(table))
    assert.deepEqual(say(yaml), [`error config.reference ${pointer}`])
})

test('auth servers name their stores and the entries in them', () => {
  const server = (text: string) =>
    checkReferences(inspectionOf(`${BASE}    - { name: x, ${text} }`)).map(({ pointer }) => pointer)
  const at = '/security_settings/auth_servers/2'
  assert.deepEqual(server('localIntrospectionConfig: { trustStoreAlias: nope, certificateAlias: p-1 }'), [
    `${at}/localIntrospectionConfig/trustStoreAlias`,
  ])
  assert.deepEqual(server('localIntrospectionConfig: { trustStoreAlias: partners, certificateAlias: p-2 }'), [
    `${at}/localIntrospectionConfig/certificateAlias`,
  ])
  assert.deepEqual(server('tokenGeneratorConfig: { keyStoreAlias: signing, keyAlias: s-2 }'), [
    `${at}/tokenGeneratorConfig/keyAlias`,
  ])
  assert.deepEqual(server('tokenGeneratorConfig: { keyStoreAlias: signing, keyAlias: s-1 }'), [])
})

test('a jwt rule needs an issuer, an oauth2 rule an introspection endpoint', () => {
  const rule = (text: string) =>
    check(`apis: [ { name: a, policies: [ { identify_and_authorize: { rules: [ ${text} ] } } ] } ]`)
  assert.equal(
    rule('{ jwt: { auth_servers: [ legacy ] } }')[0]?.message,
    'API `a` names auth server `legacy`, which has no issuer',
  )
  assert.equal(rule('{ oauth2: { auth_servers: [ staff-idp ] } }')[0]?.label, 'needs an introspection endpoint')
  assert.deepEqual(rule('{ oauth2: { auth_servers: [ legacy ] } }'), [])
})
