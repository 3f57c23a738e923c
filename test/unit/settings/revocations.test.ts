import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MOST_CLAIMS } from '../../../src/settings/revocation-settings.ts'
import { checkRevocations } from '../../../src/settings/revocations.ts'
import { inspectionOf } from '../../support/settings-document.ts'

function checkEntries(entries: readonly unknown[], list?: unknown): readonly string[] {
  const servers = [
    { name: 'idp', localIntrospectionConfig: { issuer: 'https://idp' } },
    { name: 'asks', remoteIntrospectionConfig: { introspectionEndpoint: 'https://idp/introspect' } },
  ]
  const security = { auth_servers: servers, revocations: entries, ...(list !== undefined && { revocation_list: list }) }
  return checkRevocations(inspectionOf(JSON.stringify({ security_settings: security }))).map(
    ({ code, severity, pointer }) => `${severity} ${code} ${pointer}`,
  )
}

const before = '2026-01-01T00:00:00Z'
const byClaim = (count: number): unknown[] =>
  Array.from({ length: count }, (_, i) => ({ auth_server: 'idp', claim: `c${i}`, value: 1, before }))

test('an entry needs an auth server with an issuer', () => {
  assert.deepEqual(checkEntries([{ auth_server: 'idp', jti: 'a' }]), [])
  assert.deepEqual(checkEntries([{ auth_server: 'asks', jti: 'a' }]), [
    'error config.reference /security_settings/revocations/0/auth_server',
  ])
})

test('the entries name as many different claims as those of any other deny list', () => {
  assert.deepEqual(checkEntries([...byClaim(MOST_CLAIMS), ...byClaim(MOST_CLAIMS)]), [])
  assert.deepEqual(checkEntries(byClaim(MOST_CLAIMS + 2)), [
    `error config.value /security_settings/revocations/${MOST_CLAIMS}/claim`,
  ])
})

test('a list is not fetched in the clear from another machine, unless the operator says so', () => {
  assert.deepEqual(checkEntries([], { url: 'http://127.0.0.1/x' }), [])
  assert.deepEqual(checkEntries([], { url: 'http://a.example/x' }), [
    'error config.insecure /security_settings/revocation_list/url',
  ])
  assert.deepEqual(checkEntries([], { url: 'http://a.example/x', allow_http: true }), [
    'warning config.insecure /security_settings/revocation_list/url',
  ])
})
