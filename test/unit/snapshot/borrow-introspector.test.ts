import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { createFixedSource } from '../../../src/keys/fixed-keys.ts'
import type { Stores } from '../../../src/keys/stores.ts'
import type { RemoteIntrospectionSettings } from '../../../src/settings/introspection-settings.ts'
import type { AuthServerSettings } from '../../../src/settings/model.ts'
import { Secret } from '../../../src/settings/secret.ts'
import type { OutgoingTlsSettings } from '../../../src/settings/upstream-settings.ts'
import { borrowIntrospector, openMeans } from '../../../src/snapshot/borrow-introspector.ts'
import { createCompileBench } from '../../support/compile-parts.ts'
import { SAMPLE_AUTH_SERVER } from '../../support/sample-settings.ts'
import { noStores, openPemStores } from '../../support/stores.ts'

const ASKING: RemoteIntrospectionSettings = {
  endpoint: 'https://idp.example/introspect',
  client: { kind: 'basic', clientId: 'gateway', clientSecret: new Secret('one') },
  cacheMs: 1000,
  inactiveCacheMs: 0,
  timeoutMs: 1000,
  maxBytes: 1000,
  signedAnswers: 'if_sent',
  tls: undefined,
  pointer: '/security_settings/auth_servers/0/remoteIntrospectionConfig',
}

const WITHOUT_CHECK: OutgoingTlsSettings = {
  trustStoreAlias: undefined,
  keyStoreAlias: undefined,
  keyAlias: undefined,
  serverName: undefined,
  verify: false,
  pointer: '',
}

function serverWith(introspection: RemoteIntrospectionSettings | undefined): AuthServerSettings {
  return { ...SAMPLE_AUTH_SERVER, ...(introspection !== undefined && { introspection }) }
}

async function createBench(stores?: Stores) {
  const { parts } = createCompileBench()
  const keys = createFixedSource({ authServer: 'local', origin: 'none', keys: () => [] })
  const page = parts.ledger.openPage()
  const opened = stores ?? (await noStores())
  const borrow = (server: AuthServerSettings, of = keys) => {
    const borrowed = borrowIntrospector(server, { keys: of, stores: opened }, page, parts)
    assert.ok(borrowed.ok, JSON.stringify(borrowed))
    return borrowed.value
  }
  return { borrow, page, ledger: parts.ledger }
}

test('an auth server that nobody is asked for has no introspector', async () => {
  const { borrow, ledger } = await createBench()
  assert.equal(borrow(serverWith(undefined)), undefined)
  assert.equal(ledger.size(), 0)
})

test('settings that say the same share what is remembered, wherever in the file they stand', async () => {
  const { borrow, page, ledger } = await createBench()
  const one = borrow(serverWith(ASKING))
  assert.equal(borrow(serverWith({ ...ASKING, pointer: '/elsewhere' })), one)
  await page.giveBack()
  assert.equal(ledger.size(), 0)
})

test('whatever a verdict depends on makes another introspector, with nothing remembered', async () => {
  const { borrow, page } = await createBench()
  const server = serverWith(ASKING)
  const other = createFixedSource({ authServer: 'local', origin: 'none', keys: () => [] })
  const all = [
    borrow(server),
    borrow(server, other),
    borrow({ ...server, name: 'other' }),
    borrow({ ...server, issuer: 'https://other' }),
    borrow({ ...server, algorithms: ['ES256'] }),
    borrow({ ...server, clockSkewSeconds: 1 }),
    borrow(serverWith({ ...ASKING, endpoint: 'https://idp.example/other' })),
    borrow(serverWith({ ...ASKING, signedAnswers: 'required' })),
    borrow(serverWith({ ...ASKING, client: { kind: 'basic', clientId: 'gateway', clientSecret: new Secret('two') } })),
    borrow(serverWith({ ...ASKING, client: { kind: 'post', clientId: 'gateway', clientSecret: new Secret('one') } })),
    borrow(serverWith({ ...ASKING, tls: WITHOUT_CHECK })),
  ]
  assert.equal(new Set(all).size, all.length)
  await page.giveBack()
})

test('a key that cannot sign assertions, or is not there, is a finding at the key to blame', async () => {
  const pem = (pair: { privateKey: { export(of: { type: 'pkcs8'; format: 'pem' }): string | Buffer } }): string =>
    String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const stores = await openPemStores({
    keystores: {
      clients: {
        good: { key: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })) },
        curve: { key: pem(generateKeyPairSync('x25519')) },
      },
    },
  })
  const open = (keyAlias: string | undefined) =>
    openMeans(
      { ...ASKING, client: { kind: 'private_key_jwt', clientId: 'gateway', keystore: 'clients', keyAlias } },
      stores,
    )
  const good = open('good')
  assert.ok(good.ok && good.value.assertionKey !== undefined)
  assert.deepEqual(
    ['curve', 'gone', undefined].map(alias => {
      const means = open(alias)
      return means.ok ? 'fine' : [means.error.code, means.error.pointer.split('/').at(-1)]
    }),
    [
      ['config.conflict', 'keyAlias'],
      ['config.reference', 'keyAlias'],
      ['config.reference', 'keyStoreAlias'],
    ],
  )
})
