import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthServerSettings, UserSettings } from '../../../src/settings/model.ts'
import { borrowHostNames, borrowKeySource, borrowPasswordChecker, borrowPool } from '../../../src/snapshot/survivors.ts'
import { createCompileBench } from '../../support/compile-parts.ts'
import { makeApplication } from '../../support/make-application.ts'
import { SAMPLE_AUTH_SERVER } from '../../support/sample-settings.ts'

const FILE: AuthServerSettings = {
  ...SAMPLE_AUTH_SERVER,
  tokenGenerator: undefined,
  keys: { kind: 'jwksFile', file: '/etc/keys.json', pointer: '/a' },
}

test('a key source survives what does not concern it, and no change of its file', async () => {
  const { parts, files } = createCompileBench()
  const page = parts.ledger.openPage()
  const borrow = (server: AuthServerSettings) => borrowKeySource(server, undefined, page, parts)
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

test('a pool is one for each origin and set of timeouts', async () => {
  const { parts } = createCompileBench()
  const page = parts.ledger.openPage()
  const settings = { origin: 'http://127.0.0.1:1', connectTimeoutMs: 1000, responseTimeoutMs: 1000 }
  const borrow = borrowPool(page)
  assert.equal(borrow(settings), borrow({ ...settings }))
  assert.notEqual(borrow(settings), borrow({ ...settings, connectTimeoutMs: 2000 }))
  assert.notEqual(borrow(settings), borrow({ ...settings, origin: 'http://127.0.0.1:2' }))
  assert.equal(parts.ledger.size(), 3)
  await page.giveBack()
  assert.equal(parts.ledger.size(), 0)
})
