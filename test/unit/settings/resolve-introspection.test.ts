import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RemoteIntrospectionSettings } from '../../../src/settings/introspection-settings.ts'
import { Secret } from '../../../src/settings/secret.ts'
import { settingsOf } from '../../support/settings-document.ts'

const POINTER = '/security_settings/auth_servers/0/remoteIntrospectionConfig'

function resolve(remote: string): RemoteIntrospectionSettings | undefined {
  const server = `{ name: sso, remoteIntrospectionConfig: { introspectionEndpoint: "https://x/i", ${remote} } }`
  return settingsOf(`security_settings: { auth_servers: [ ${server} ] }`).authServers[0]?.introspection
}

test('the defaults are cautious, and the secret is hidden', () => {
  const resolved = resolve('clientId: a, clientSecret: b')
  assert.deepEqual(resolved, {
    endpoint: 'https://x/i',
    client: { kind: 'basic', clientId: 'a', clientSecret: new Secret('b') },
    cacheMs: 30_000,
    inactiveCacheMs: 5_000,
    timeoutMs: 2_000,
    maxBytes: 65_536,
    signedAnswers: 'if_sent',
    tls: undefined,
    pointer: POINTER,
  })
  assert.ok(!JSON.stringify(resolved).includes('"b"'))
})

test('each way to say who we are takes what it needs', () => {
  const clientOf = (remote: string) => resolve(remote)?.client
  assert.deepEqual(clientOf(''), { kind: 'none' })
  assert.deepEqual(clientOf('client_authentication: tls, clientId: a'), { kind: 'tls', clientId: 'a' })
  assert.deepEqual(clientOf('client_authentication: private_key_jwt, clientId: a, keyStoreAlias: k, keyAlias: x'), {
    kind: 'private_key_jwt',
    clientId: 'a',
    keystore: 'k',
    keyAlias: 'x',
  })
  assert.equal(clientOf('client_authentication: post, clientId: a, clientSecret: b')?.kind, 'post')
})

test('tls is resolved as everywhere', () => {
  assert.deepEqual(resolve('tls: { trustStoreAlias: partners }')?.tls, {
    trustStoreAlias: 'partners',
    keyStoreAlias: undefined,
    keyAlias: undefined,
    serverName: undefined,
    verify: true,
    pointer: `${POINTER}/tls`,
  })
})
