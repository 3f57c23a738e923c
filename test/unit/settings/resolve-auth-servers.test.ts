import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthServerSettings } from '../../../src/settings/model.ts'
import { settingsOf } from '../../support/settings-document.ts'

function resolve(server: string): AuthServerSettings {
  const yaml = `
security_settings:
  keystores:
    - { name: made, type: generated, alias: m-1 }
    - { name: pem, entries: [ { alias: p-1, private_key: p.key } ] }
    - { name: old, type: pkcs12, file: old.p12 }
  truststores: [ { name: partners, entries: [ { alias: x, certificate: x.crt }, { alias: y, certificate: y.crt } ] } ]
  auth_servers: [ { name: idp, ${server} } ]
`
  const [resolved] = settingsOf(yaml, '/etc/mg').authServers
  assert.ok(resolved !== undefined)
  return resolved
}

const AT = '/security_settings/auth_servers/0/localIntrospectionConfig'
const keysOf = (local: string) => resolve(`localIntrospectionConfig: { issuer: i, ${local} }`).keys

test('keys come from the first source that is written', () => {
  assert.deepEqual(keysOf('jwks_file: keys.json'), {
    kind: 'jwksFile',
    file: '/etc/mg/keys.json',
    pointer: `${AT}/jwks_file`,
  })
  assert.deepEqual(keysOf('trustStoreAlias: partners, certificateAlias: y'), {
    kind: 'certificate',
    truststore: 'partners',
    alias: 'y',
    pointer: `${AT}/certificateAlias`,
  })
  assert.equal(
    keysOf('jwksuri: https://x, jwks_file: keys.json, trustStoreAlias: partners, certificateAlias: y').kind,
    'jwksUri',
  )
  assert.deepEqual(keysOf('require_exp: false'), { kind: 'none' })
})

test('a discovery document keeps what its key set may be fetched by', () => {
  const keys = keysOf('discovery_url: https://x, allow_http: true')
  assert.ok(keys.kind === 'discovery')
  assert.deepEqual(
    [keys.url, keys.allowHttp, keys.jwks.maxBytes, keys.pointer],
    ['https://x', true, 262_144, `${AT}/discovery_url`],
  )
})

test('the life cycle of fetched keys has its defaults', () => {
  const keys = keysOf('jwksuri: https://x, jwks: { max_stale: 1h }')
  assert.deepEqual(keys.kind === 'jwksUri' && keys.jwks, {
    maxAgeMs: 600_000,
    minAgeMs: 30_000,
    maxStaleMs: 3_600_000,
    cooldownMs: 30_000,
    fetchTimeoutMs: 2000,
    maxBytes: 262_144,
  })
})

test('one that issues verifies with its own key, and accepts the audience that it issues', () => {
  const server = resolve(
    'localIntrospectionConfig: { issuer: i, jwksuri: https://x, audience: [ a, b ] }, tokenGeneratorConfig: { keyStoreAlias: made, audience: b }',
  )
  assert.deepEqual(server.keys, { kind: 'own' })
  assert.deepEqual(server.audience, ['a', 'b'])
  assert.deepEqual(server.tokenGenerator, {
    algorithm: 'RS256',
    expiryMinutes: 60,
    audience: 'b',
    keystore: 'made',
    keyAlias: 'm-1',
  })
})

test('the only entry of a keystore needs no alias', () => {
  assert.equal(
    resolve('localIntrospectionConfig: { issuer: i }, tokenGeneratorConfig: { keyStoreAlias: pem }').tokenGenerator
      ?.keyAlias,
    'p-1',
  )
})

test('a generator without a keystore gives an audience and nothing else', () => {
  const server = resolve(
    'localIntrospectionConfig: { issuer: i, jwksuri: https://x }, tokenGeneratorConfig: { audience: orders }',
  )
  assert.equal(server.tokenGenerator, undefined)
  assert.equal(server.keys.kind, 'jwksUri')
  assert.deepEqual(server.audience, ['orders'])
})

test('the alias of a key in a file may be left out: the file says whether there is only one', () => {
  const generatorOf = (text: string) =>
    resolve(`localIntrospectionConfig: { issuer: i }, tokenGeneratorConfig: { keyStoreAlias: old${text} }`)
      .tokenGenerator
  assert.equal(generatorOf('')?.keyAlias, undefined)
  assert.equal(generatorOf(', keyAlias: Signing')?.keyAlias, 'Signing')
})

test('outgoing TLS has its names, and verifies unless it is told not to', () => {
  const tlsOf = (text: string) => {
    const keys = keysOf(`jwksuri: https://x${text}`)
    return keys.kind === 'jwksUri' ? keys.tls : assert.fail()
  }
  assert.equal(tlsOf(''), undefined)
  assert.deepEqual(tlsOf(', tls: { trustStoreAlias: partners, server_name: idp.internal }'), {
    trustStoreAlias: 'partners',
    keyStoreAlias: undefined,
    keyAlias: undefined,
    serverName: 'idp.internal',
    verify: true,
    pointer: `${AT}/tls`,
  })
  assert.equal(tlsOf(', tls: { verify: false }')?.verify, false)
})

test('one audience is a list of one; the skew is in seconds; algorithms are open by default', () => {
  const server = resolve(
    'localIntrospectionConfig: { issuer: i, jwksuri: https://x, audience: orders, clock_skew: 90s, require_exp: false }',
  )
  assert.deepEqual(server.audience, ['orders'])
  assert.equal(server.clockSkewSeconds, 90)
  assert.equal(server.requireExp, false)
  assert.equal(server.algorithms, undefined)
})

test('one that only introspects has neither issuer nor keys', () => {
  const server = resolve('remoteIntrospectionConfig: { introspectionEndpoint: https://x }')
  assert.equal(server.issuer, undefined)
  assert.deepEqual(server.keys, { kind: 'none' })
})
