import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { AuthServerSettings, KeystoreSettings, Settings } from '../../../src/settings/model.ts'
import type { CompileParts } from '../../../src/snapshot/compile.ts'
import { compileAuthServers, openOwnKey } from '../../../src/snapshot/compile-auth-servers.ts'
import { type CompileBench, createCompileBench } from '../../support/compile-parts.ts'
import { SAMPLE_API, SAMPLE_AUTH_SERVER, sampleSettings } from '../../support/sample-settings.ts'
import { noStores, openOf } from '../../support/stores.ts'

const KEYSTORE: KeystoreSettings = {
  type: 'pem',
  name: 'signing',
  entries: [
    {
      alias: 'key-1',
      certificateFile: undefined,
      privateKeyFile: '/key.pem',
      password: undefined,
      pointer: '/keystores/0/entries/0',
    },
  ],
  pointer: '/keystores/0',
}
const OTHER: AuthServerSettings = {
  ...SAMPLE_AUTH_SERVER,
  name: 'other',
  issuer: 'https://other',
  keys: { kind: 'none' },
  tokenGenerator: undefined,
  algorithms: ['RS256'],
}

function settingsWith(changes: Partial<Settings>): Settings {
  return sampleSettings({ keystores: [KEYSTORE], ...changes })
}

async function compileWith(settings: Settings, parts: CompileParts): ReturnType<typeof compileAuthServers> {
  const stores = await openOf(settings, parts.readBytes)
  return compileAuthServers(settings, stores, parts.ledger.openPage(), parts)
}

/** A bench whose key store has a key. */
function createBench(): CompileBench {
  const bench = createCompileBench()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  bench.files.set('/key.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  return bench
}

test('an auth server of ours issues and is verified by its own key; another one only verifies', async () => {
  const { parts } = createBench()
  const settings = settingsWith({ authServers: [SAMPLE_AUTH_SERVER, OTHER] })
  const compiled = await compileWith(settings, parts)
  assert.ok(compiled.ok)
  const { authServers, issuers, servers } = compiled.value
  assert.deepEqual(
    issuers.map(({ authServer }) => authServer),
    ['local'],
  )
  assert.deepEqual([...servers.keys()], ['local', 'other'])
  assert.deepEqual([...(servers.get('other')?.algorithms ?? [])], ['RS256'])
  assert.deepEqual(
    authServers.map(({ settings: { name }, apis, keys }) => [name, apis, keys.status().keys]),
    [
      ['local', ['orders'], 1],
      ['other', [], 0],
    ],
  )
})

test('the same key is the same source after a reload, another key is another', async () => {
  const { parts, files } = createBench()
  const settings = settingsWith({})
  const sourceOf = async () => {
    const compiled = await compileWith(settings, parts)
    return compiled.ok ? compiled.value.authServers[0]?.keys : assert.fail()
  }
  const source = await sourceOf()
  assert.equal(await sourceOf(), source)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  files.set('/key.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  assert.notEqual(await sourceOf(), source)
})

test('every key that cannot be had is reported, each at its place', async () => {
  const { parts } = createBench()
  const nowhere = { ...SAMPLE_AUTH_SERVER, name: 'second', pointer: '/second' }
  const lost = {
    ...nowhere,
    tokenGenerator: { ...nowhere.tokenGenerator, keystore: 'lost' } as typeof nowhere.tokenGenerator,
  }
  const unsuited = {
    ...SAMPLE_AUTH_SERVER,
    tokenGenerator: { ...nowhere.tokenGenerator, algorithm: 'RS256' } as typeof nowhere.tokenGenerator,
  }
  const settings = settingsWith({ authServers: [unsuited, lost] })
  const compiled = await compileWith(settings, parts)
  assert.ok(!compiled.ok)
  assert.deepEqual(
    compiled.error.map(({ pointer }) => pointer),
    ['/keystores/0', '/second'],
  )
})

test('an auth server without a token generator has no key of ours', async () => {
  assert.deepEqual(await openOwnKey(OTHER, settingsWith({}), await noStores(), createBench().parts), {
    ok: true,
    value: undefined,
  })
})

test('readiness waits only for auth servers that an active API accepts', async () => {
  const { parts } = createBench()
  const settings = settingsWith({ apis: [{ ...SAMPLE_API, active: false }] })
  const compiled = await compileWith(settings, parts)
  assert.deepEqual(compiled.ok && compiled.value.authServers[0]?.apis, [])
})
