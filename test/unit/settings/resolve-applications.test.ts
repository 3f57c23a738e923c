import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { settingsOf } from '../../support/settings-document.ts'

test('an application without id has its name as id', () => {
  const [first, second] = settingsOf('applications: [ { name: a }, { name: b, id: x } ]').applications
  assert.deepEqual([first?.id, second?.id], ['a', 'x'])
})

test('secrets print as a mask and come out when asked', () => {
  const secret = Buffer.alloc(32, 7).toString('base64')
  const yaml = `applications: [ { name: a, identifiers: { api_keys: [ k-1 ] }, strategies: [ { name: s, authServerAlias: idp, secret: "${secret}" } ] } ]`
  const [application] = settingsOf(yaml).applications
  assert.equal(application?.identifiers.apiKeys[0]?.reveal(), 'k-1')
  assert.equal(application?.strategies[0]?.secret.reveal(), secret)
  assert.equal(application?.strategies[0]?.algorithm, 'HS256')
  for (const text of [JSON.stringify(application), inspect(application, { depth: 9 })]) {
    assert.ok(!text.includes('k-1') && !text.includes(secret))
  }
})

test('auth servers are undefined where nothing is written: any may name it', () => {
  const [first, second] = settingsOf('applications: [ { name: a }, { name: b, auth_servers: [ idp ] } ]').applications
  assert.equal(first?.authServers, undefined)
  assert.deepEqual(second?.authServers, ['idp'])
})

test('host names are in lower case, ranges are parsed, claim sets keep their types', () => {
  const yaml =
    'applications: [ { name: a, identifiers: { host_names: [ Build01.Example.com ], ip_ranges: [ 10.0.0.1 ], claim_sets: [ { a: 1, b: [ x, true ] } ] } } ]'
  const identifiers = settingsOf(yaml).applications[0]?.identifiers
  assert.deepEqual(identifiers?.hostNames, ['build01.example.com'])
  assert.deepEqual(identifiers?.ipRanges, [{ kind: 'block', address: '10.0.0.1', prefix: 32 }])
  assert.deepEqual(JSON.stringify(identifiers?.claimSets), '[{"a":1,"b":["x",true]}]')
})

test('client certificates are known in the form in which they are compared', () => {
  const fingerprint = `${'AB:'.repeat(31)}cd`
  const [application] = settingsOf(
    `applications: [ { name: a, identifiers: { client_certificates: [ { fingerprint: "${fingerprint}" }, { san: A.Example.com }, { subject: "cn=a, o=B" } ] } } ]`,
  ).applications
  assert.deepEqual(application?.identifiers.clientCertificates, [
    { by: 'fingerprint', value: `${'ab'.repeat(31)}cd` },
    { by: 'san', value: 'a.example.com' },
    { by: 'subject', value: 'CN=a,O=B' },
  ])
})
