import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthServerSettings, UserSettings } from '../../../src/settings/model.ts'
import {
  borrowGroup,
  borrowHostNames,
  borrowKeySource,
  borrowPasswordChecker,
  borrowPool,
} from '../../../src/snapshot/survivors.ts'
import type { TargetGroup } from '../../../src/upstream/target-group.ts'
import { createCompileBench } from '../../support/compile-parts.ts'
import { makeApplication } from '../../support/make-application.ts'
import { samplePool } from '../../support/sample-pool.ts'
import { SAMPLE_AUTH_SERVER } from '../../support/sample-settings.ts'
import { sampleUpstream } from '../../support/sample-upstream.ts'
import { noStores } from '../../support/stores.ts'

const FILE: AuthServerSettings = {
  ...SAMPLE_AUTH_SERVER,
  tokenGenerator: undefined,
  keys: { kind: 'jwksFile', file: '/etc/keys.json', pointer: '/a' },
}

test('a key source survives what does not concern it, and no change of its file', async () => {
  const { parts, files } = createCompileBench()
  const page = parts.ledger.openPage()
  const stores = await noStores()
  const borrow = async (server: AuthServerSettings) => {
    const borrowed = await borrowKeySource(server, { own: undefined, stores }, page, parts)
    assert.ok(borrowed.ok)
    return borrowed.value
  }
  files.set('/etc/keys.json', '{"keys":[]}')
  const source = await borrow(FILE)
  assert.equal(await borrow({ ...FILE, clockSkewSeconds: 7, pointer: '/elsewhere' }), source)
  assert.equal(await borrow({ ...FILE, keys: { ...FILE.keys, pointer: '/b' } as typeof FILE.keys }), source)
  assert.notEqual(await borrow({ ...FILE, name: 'other' }), source, 'keys belong to their issuer')
  assert.notEqual(await borrow({ ...FILE, issuer: 'https://other' }), source)
  files.set('/etc/keys.json', '{"keys":[1]}')
  const changed = await borrow(FILE)
  assert.notEqual(changed, source)
  files.delete('/etc/keys.json')
  assert.notEqual(await borrow(FILE), changed)
})

test('a password memory survives as long as nobody is added, removed or given another password', () => {
  const { parts } = createCompileBench()
  const page = parts.ledger.openPage()
  const alice: UserSettings = { name: 'alice', passwordHash: 'scrypt:2:1:1:AAAA:BBBB', pointer: '/users/0' }
  const checker = borrowPasswordChecker([alice], page, parts)
  assert.equal(borrowPasswordChecker([{ ...alice, pointer: '/users/1' }], page, parts), checker)
  assert.notEqual(borrowPasswordChecker([], page, parts), checker)
  assert.notEqual(borrowPasswordChecker([{ ...alice, passwordHash: 'scrypt:2:1:1:CCCC:BBBB' }], page, parts), checker)
})

test('host names are resolved once for every set of them, in any order', () => {
  const { parts, resolved } = createCompileBench()
  const page = parts.ledger.openPage()
  const [one, two] = [
    makeApplication({ id: 'a', hostNames: ['a.test', 'b.test'] }),
    makeApplication({ id: 'b', hostNames: ['b.test'] }),
  ]
  const names = borrowHostNames([one, two], page, parts)
  assert.equal(borrowHostNames([two, one], page, parts), names)
  assert.deepEqual(resolved.toSorted(), ['a.test', 'b.test'])
  assert.notEqual(borrowHostNames([two], page, parts), names)
})

test('what is known of an upstream survives what does not concern it, and is one for each API', async () => {
  const { parts } = createCompileBench()
  const page = parts.ledger.openPage()
  const told: TargetGroup[] = []
  const borrow = borrowGroup(page, parts, group => told.push(group))
  const checkPool = (origin: string) => samplePool({ origin })
  const orders = { name: 'orders', version: '1' }
  const group = borrow(orders, sampleUpstream(), checkPool)
  assert.equal(borrow({ ...orders }, sampleUpstream({ balance: 'least_requests', maxPending: 1 }), checkPool), group)
  assert.notEqual(borrow({ ...orders, version: '2' }, sampleUpstream(), checkPool), group)
  assert.notEqual(borrow(orders, sampleUpstream({ targets: ['http://127.0.0.1:2'] }), checkPool), group)
  assert.equal(told.length, 4)
  await page.giveBack()
  assert.equal(parts.ledger.size(), 0)
})

test('health checks are made anew with another outgoing TLS, whichever targets it is for', async () => {
  const { parts } = createCompileBench()
  const page = parts.ledger.openPage()
  const borrow = borrowGroup(page, parts, () => undefined)
  const over = (identity: string) => (origin: string) =>
    samplePool({ origin, ...(origin.startsWith('https:') && { tls: { rejectUnauthorized: true, identity } }) })
  const healthCheck = {
    path: '/',
    intervalMs: 60_000,
    timeoutMs: 1000,
    unhealthyAfter: 1,
    healthyAfter: 1,
    statusFrom: 200,
    statusTo: 299,
  }
  const settings = sampleUpstream({ targets: ['http://127.0.0.1:1', 'https://127.0.0.1:2'], healthCheck })
  const orders = { name: 'orders', version: undefined }
  const group = borrow(orders, settings, over('one'))
  assert.equal(borrow(orders, settings, over('one')), group)
  assert.notEqual(borrow(orders, settings, over('two')), group)
  await page.giveBack()
})

test('a pool is one for each origin and set of timeouts', async () => {
  const { parts } = createCompileBench()
  const page = parts.ledger.openPage()
  const settings = samplePool({ origin: 'http://127.0.0.1:1' })
  const borrow = borrowPool(page)
  assert.equal(borrow(settings), borrow({ ...settings }))
  assert.notEqual(borrow(settings), borrow({ ...settings, connectTimeoutMs: 2000 }))
  assert.notEqual(borrow(settings), borrow({ ...settings, origin: 'http://127.0.0.1:2' }))
  assert.equal(parts.ledger.size(), 3)
  await page.giveBack()
  assert.equal(parts.ledger.size(), 0)
})
