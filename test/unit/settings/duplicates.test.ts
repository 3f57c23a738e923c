import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkDuplicates } from '../../../src/settings/duplicates.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const check = (yaml: string) => checkDuplicates(inspectionOf(yaml))

test('two of one name are an error that shows both places', () => {
  assert.deepEqual(check('users: [ { name: a }, { name: b }, { name: a } ]'), [
    {
      code: 'config.duplicate',
      severity: 'error',
      message: 'two users have the name `a`',
      pointer: '/users/2/name',
      label: 'again here',
      related: [{ pointer: '/users/0/name', label: 'first here' }],
      help: 'rename one of them, or take it out',
    },
  ])
})

test('every list of named things is looked at', () => {
  const pair = '[ { name: a, id: a }, { name: a, id: b } ]'
  const table = {
    '/security_settings/keystores/1/name': `security_settings: { keystores: ${pair} }`,
    '/security_settings/truststores/1/name': `security_settings: { truststores: ${pair} }`,
    '/security_settings/auth_servers/1/name': `security_settings: { auth_servers: ${pair} }`,
    '/security_settings/auth_servers/1/id':
      'security_settings: { auth_servers: [ { name: a, id: x }, { name: b, id: x } ] }',
    '/security_settings/keystores/0/entries/1/alias':
      'security_settings: { keystores: [ { entries: [ { alias: a }, { alias: a } ] } ] }',
    '/applications/1/name': `applications: ${pair}`,
    '/applications/1/id': 'applications: [ { name: a, id: x }, { name: b, id: x } ]',
    '/applications/0/strategies/1/name': 'applications: [ { name: a, strategies: [ { name: s }, { name: s } ] } ]',
    '/apis/1/name': 'apis: [ { name: a }, { name: a } ]',
  }
  for (const [pointer, yaml] of Object.entries(table)) {
    assert.deepEqual(check(yaml).map(sayFinding), [`error config.duplicate ${pointer}`])
  }
})

test('an application without id has its name as id', () => {
  assert.deepEqual(
    check('applications: [ { name: x, id: a }, { name: a } ]').map(({ pointer }) => pointer),
    ['/applications/1/name'],
  )
  assert.equal(check('applications: [ { name: a }, { name: a } ]').length, 1)
})

test('versions of one API may share its name', () => {
  assert.deepEqual(check('apis: [ { name: a, version: "1" }, { name: a, version: "2" }, { name: a } ]'), [])
  assert.equal(check('apis: [ { name: a, version: "1" }, { name: a, version: "1" } ]').length, 1)
})

test('two auth servers with one issuer are an error', () => {
  const [finding] = check(
    'security_settings: { auth_servers: [ { name: a, localIntrospectionConfig: { issuer: i } }, { name: b, localIntrospectionConfig: { issuer: i } } ] }',
  )
  assert.equal(finding?.message, 'two auth servers have the issuer `i`')
  const similar =
    'security_settings: { auth_servers: [ { name: a, localIntrospectionConfig: { issuer: i } }, { name: b, localIntrospectionConfig: { issuer: I } } ] }'
  assert.deepEqual(check(similar), [], 'issuers are compared exactly')
})

test('an API key of two applications is a warning that does not show it', () => {
  const findings = check(
    'applications: [ { name: a, identifiers: { api_keys: [ k, k ] } }, { name: b, identifiers: { api_keys: [ k ] } } ]',
  )
  assert.deepEqual(findings.map(sayFinding), ['warning config.duplicate /applications/1/identifiers/api_keys/0'])
  assert.equal(
    findings[0]?.message,
    'applications `a` and `b` hold the same API key: calls with it are refused where both count',
  )
})

test('a client certificate of two applications is a warning, in whatever spelling', () => {
  const pair = (first: string, second: string): string =>
    `applications: [ { name: a, identifiers: { client_certificates: [ ${first} ] } }, { name: b, identifiers: { client_certificates: [ ${second} ] } } ]`
  const fingerprint = 'ab'.repeat(32)
  const same: readonly (readonly [string, string, string])[] = [
    ['fingerprint', `"${fingerprint}"`, `"${(fingerprint.toUpperCase().match(/../g) ?? []).join(':')}"`],
    ['san', 'A.example.com', 'a.example.com'],
    ['subject', "'CN=a, O=b'", "'cn=a,O=b'"],
  ]
  for (const [by, first, second] of same) {
    const at = `/applications/1/identifiers/client_certificates/0/${by}`
    assert.deepEqual(check(pair(`{ ${by}: ${first} }`, `{ ${by}: ${second} }`)).map(sayFinding), [
      `warning config.duplicate ${at}`,
    ])
  }
  assert.deepEqual(check(pair('{ san: a }', '{ san: b }')), [])
})

test('a client ID of two applications is a warning, unless each says whose client it is', () => {
  const two = (more: string): string =>
    `applications: [ { name: a, identifiers: { client_ids: [ x ] } }, { name: b, ${more} identifiers: { client_ids: [ x ] } } ]`
  assert.deepEqual(checkDuplicates(inspectionOf(two(''))).map(sayFinding), [
    'warning config.duplicate /applications/1/identifiers/client_ids/0',
  ])
  assert.deepEqual(checkDuplicates(inspectionOf(two('auth_servers: [ one ],'))).map(sayFinding), [])
})
