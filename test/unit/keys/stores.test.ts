import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Finding } from '../../../src/diagnostics/problem.ts'
import { openStores, type Stores } from '../../../src/keys/stores.ts'
import type { StoreFileSettings } from '../../../src/settings/model.ts'
import { Secret } from '../../../src/settings/secret.ts'
import { createLedger } from '../../../src/snapshot/ledger.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { makeJks, makePkcs12 } from '../../support/key-stores.ts'
import { openPemStores } from '../../support/stores.ts'

const ONE = makeCertificate('DNS:one.test')
const TWO = makeCertificate('DNS:two.test')
const PASSWORD = 'changeit'

function fileStore(type: 'pkcs12' | 'jks', changes: Partial<StoreFileSettings> = {}): StoreFileSettings {
  const password = new Secret(PASSWORD)
  return { type, name: 'edge', file: '/etc/edge.store', password, pointer: '/keystores/0', ...changes }
}

async function open(store: StoreFileSettings, bytes: Uint8Array): Promise<Stores> {
  const opened = await openStores({ keystores: [store], truststores: [store] }, { readBytes: async () => bytes })
  assert.ok(opened.ok, JSON.stringify(opened))
  return opened.value
}

async function refuse(store: StoreFileSettings, readBytes: () => Promise<Uint8Array>): Promise<readonly Finding[]> {
  const opened = await openStores({ keystores: [store], truststores: [] }, { readBytes })
  assert.ok(!opened.ok)
  return opened.error
}

const JKS = makeJks(
  [
    { alias: 'one', certificates: [ONE.cert], key: ONE.key },
    { alias: 'two', certificates: [TWO.cert], key: TWO.key },
    { alias: 'partner', certificates: [TWO.cert] },
  ],
  PASSWORD,
)

describe('an entry', () => {
  test('is found by its alias, as it is written or in another case', async () => {
    const stores = await open(fileStore('jks'), JKS)
    for (const alias of ['one', 'ONE', 'One']) {
      const found = stores.entry('edge', alias)
      assert.ok(found.ok && found.value.privateKey?.equals(createPrivateKey(ONE.key)), alias)
    }
  })

  test('whose alias differs from another one in its case only is found as it is written', async () => {
    const entries = ['edge', 'EDGE'].map(alias => ({ alias, certificates: [ONE.cert], key: ONE.key }))
    const stores = await open(fileStore('jks'), makeJks(entries, PASSWORD))
    assert.equal(fineOf(stores.entry('edge', 'EDGE')).alias, 'EDGE')
    assert.ok(!stores.entry('edge', 'Edge').ok)
  })

  test('needs no alias where it is the only one with a key', async () => {
    const one = makeJks(
      [
        { alias: 'one', certificates: [ONE.cert], key: ONE.key },
        { alias: 'ca', certificates: [TWO.cert] },
      ],
      PASSWORD,
    )
    assert.equal(fineOf((await open(fileStore('jks'), one)).entry('edge', undefined)).alias, 'one')
    const several = (await open(fileStore('jks'), JKS)).entry('edge', undefined, {
      pointer: '/tls/certificates/0/keyStoreAlias',
    })
    assert.ok(!several.ok)
    assert.equal(several.error.pointer, '/tls/certificates/0/keyStoreAlias')
    assert.match(several.error.help ?? '', /`one`, `two`/)
  })

  test('that is not there is a finding that tells what is', async () => {
    const stores = await open(fileStore('jks'), JKS)
    const missing = stores.entry('edge', 'three')
    assert.ok(!missing.ok)
    assert.deepEqual([missing.error.code, missing.error.pointer], ['config.reference', '/keystores/0'])
    assert.match(missing.error.help ?? '', /`one`, `two`/)
    assert.ok(!stores.entry('edge', 'partner').ok, 'what has no key is no entry of a keystore')
    assert.ok(!stores.entry('nobody', 'one').ok)
  })
})

describe('what is trusted', () => {
  test('is every certificate, or the entry of an alias', async () => {
    const stores = await openPemStores({ truststores: { partners: { a: ONE.cert, b: ONE.cert + TWO.cert } } })
    assert.equal(fineOf(stores.trusted('partners')).length, 3)
    assert.equal(fineOf(stores.trusted('partners', 'b')).length, 2)
    assert.ok(!stores.trusted('partners', 'c').ok)
    assert.ok(!stores.trusted('nobody').ok)
  })

  test('is never nobody without a word', async () => {
    const stores = await open(fileStore('jks'), makeJks([], PASSWORD))
    const nobody = stores.trusted('edge')
    assert.ok(!nobody.ok && /nobody would be trusted/.test(nobody.error.message))
  })

  test('comes out of PKCS#12, too', async () => {
    const bytes = makePkcs12(ONE, { alias: 'one', password: PASSWORD })
    assert.equal(fineOf((await open(fileStore('pkcs12'), bytes)).trusted('edge', 'one')).length, 1)
  })
})

describe('a store that cannot be opened', () => {
  test('is a finding at its file or password, with a cure', async () => {
    const bytes = async () => JKS
    const table: readonly (readonly [StoreFileSettings, () => Promise<Uint8Array>, string])[] = [
      [fileStore('jks', { password: new Secret('wrong') }), bytes, 'config.secret /keystores/0/password'],
      [fileStore('jks', { password: undefined }), bytes, 'config.file /keystores/0/file'],
      [fileStore('pkcs12'), bytes, 'config.file /keystores/0/file'],
      [fileStore('jks'), async () => Buffer.alloc(2 ** 20 + 1), 'config.file /keystores/0/file'],
      [fileStore('jks'), () => Promise.reject(new Error('secret text')), 'config.file /keystores/0/file'],
    ]
    for (const [store, readBytes, expected] of table) {
      const [finding, ...others] = await refuse(store, readBytes)
      assert.deepEqual(others, [])
      assert.equal(`${finding?.code} ${finding?.pointer}`, expected)
      assert.ok((finding?.help ?? '').length > 0)
      assert.ok(!/wrong|secret text/.test(JSON.stringify(finding)))
    }
  })

  test('does not hide the others', async () => {
    const wrong = new Secret('wrong')
    const opened = await openStores(
      {
        keystores: [
          fileStore('jks', { password: wrong }),
          fileStore('jks', { name: 'b', password: wrong, pointer: '/b' }),
        ],
        truststores: [fileStore('jks', { password: wrong, pointer: '/c' })],
      },
      { readBytes: async () => JKS },
    )
    assert.deepEqual(!opened.ok && opened.error.map(({ pointer }) => pointer), [
      '/keystores/0/password',
      '/b/password',
      '/c/password',
    ])
  })

  test('has a key and a certificate that do not belong together', async () => {
    const mixed = makeJks([{ alias: 'one', certificates: [TWO.cert], key: ONE.key }], PASSWORD)
    const [finding] = await refuse(fileStore('jks'), async () => mixed)
    assert.match(finding?.message ?? '', /do not belong together/)
  })
})

test('a file that has not changed is not derived from again, as long as somebody holds it', async () => {
  const ledger = createLedger()
  const openOn = async (bytes: Uint8Array, password = PASSWORD) => {
    const page = ledger.openPage()
    const store = fileStore('jks', { password: new Secret(password) })
    const opened = await openStores(
      { keystores: [store], truststores: [] },
      { readBytes: async () => bytes, cache: page },
    )
    return { page, entry: opened.ok ? fineOf(opened.value.entry('edge', 'one')) : undefined }
  }
  const first = await openOn(JKS)
  const second = await openOn(Buffer.from(JKS))
  assert.equal(second.entry, first.entry)
  assert.equal((await openOn(JKS, 'wrong')).entry, undefined)
  await first.page.giveBack()
  assert.equal((await openOn(JKS)).entry, first.entry)
})

test('certificates that are looked up for a use are those to look after', async () => {
  const stores = await openPemStores({
    keystores: { edge: { one: ONE } },
    truststores: { partners: { bundle: ONE.cert + TWO.cert } },
  })
  stores.entry('edge', 'one')
  assert.deepEqual(stores.inUse(), [])
  stores.entry('edge', 'one', { use: 'server', pointer: '/tls' })
  stores.entry('edge', 'one', { use: 'server', pointer: '/tls' })
  stores.trusted('partners', undefined, { use: 'authority' })
  stores.trusted('partners', 'bundle', { use: 'issuer' })
  assert.deepEqual(
    stores.inUse().map(({ store, alias, use }) => `${store} ${alias} ${use}`),
    ['edge one server', 'partners bundle authority', 'partners bundle authority', 'partners bundle issuer'],
  )
})

function fineOf<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}
