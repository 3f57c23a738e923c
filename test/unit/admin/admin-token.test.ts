import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ADMIN_TOKEN_FILE, openAdminToken } from '../../../src/admin/admin-token.ts'
import { createStore } from '../../../src/state/store.ts'

const root = mkdtempSync(join(tmpdir(), 'admin-token-'))
after(() => rmSync(root, { recursive: true, force: true }))

test('the token is made once, kept with mode 0600, and long', async () => {
  const store = createStore(join(root, 'a'))
  const tokens = await Promise.all([openAdminToken(store), openAdminToken(store)])
  const again = await openAdminToken(store)
  assert.deepEqual(tokens, [again, again])
  assert.ok(again.ok)
  assert.match(again.value, /^[\w-]{43}$/)
  assert.equal(statSync(join(root, 'a', ADMIN_TOKEN_FILE)).mode & 0o777, 0o600)
})

test('an empty or short token on disk is replaced, never used', async () => {
  for (const text of ['', '\n', 'short', `${'x'.repeat(43)}\nmore`]) {
    const store = createStore(join(root, 'b'))
    await store.write(ADMIN_TOKEN_FILE, text)
    const opened = await openAdminToken(store)
    assert.ok(opened.ok)
    assert.match(opened.value, /^[\w-]{43}$/)
    assert.deepEqual(await openAdminToken(store), opened)
  }
})

test('a directory that cannot be used gives no token', async () => {
  const file = join(root, 'file')
  writeFileSync(file, '')
  const opened = await openAdminToken(createStore(join(file, 'x')))
  assert.ok(!opened.ok && opened.error.reason === 'unusable')
})
