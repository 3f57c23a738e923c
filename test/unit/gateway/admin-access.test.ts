import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openAdminAccess } from '../../../src/gateway/admin-access.ts'
import { Secret } from '../../../src/settings/secret.ts'
import { createStore } from '../../../src/state/store.ts'
import { sampleSettings } from '../../support/sample-settings.ts'

test('a token is made where there are no credentials, and is the same the next time', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'admin-access-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const store = createStore(join(folder, 'state'))
  const first = await openAdminAccess(sampleSettings(), store)
  assert.ok(first.token !== undefined)
  assert.deepEqual(await openAdminAccess(sampleSettings(), store), { token: first.token, findings: [] })
})

test('with credentials nothing is opened and nothing is made', async () => {
  const credentials = { user: 'operator', password: new Secret('correct horse') }
  const settings = sampleSettings({ adminApi: { credentials, path: '/rest/microgateway', openMetrics: false } })
  assert.deepEqual(await openAdminAccess(settings, createStore('/nowhere')), { token: undefined, findings: [] })
})

test('a token that cannot be kept is a warning, and nobody gets in', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'admin-access-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'state')
  writeFileSync(file, 'a file where a folder should be')
  const { token, findings } = await openAdminAccess(sampleSettings(), createStore(file))
  assert.equal(token, undefined)
  assert.deepEqual(
    findings.map(({ code, severity, pointer }) => [code, severity, pointer]),
    [['config.unusable', 'warning', '/state_dir']],
  )
})
