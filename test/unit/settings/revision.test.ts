import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { settingsOf } from '../../support/settings-document.ts'

const folder = mkdtempSync(join(tmpdir(), 'revision-'))
after(() => rmSync(folder, { recursive: true }))
const revisionOf = (yaml: string) => settingsOf(yaml, folder).revision

test('equal content has equal revision, however it is written', () => {
  const short = revisionOf('apis: [ { name: a, upstream: http://x } ]')
  assert.match(short, /^[0-9a-f]{12}$/)
  assert.equal(revisionOf('apis:\n  - upstream: { targets: [ "http://x" ] }\n    base_path: /a\n    name: a'), short)
  assert.equal(revisionOf('name: microgateway\napis: [ { name: a, upstream: http://x, policies: [] } ]'), short)
})

test('another value is another revision, also where it is secret', () => {
  const withKey = (key: string) => revisionOf(`applications: [ { name: a, identifiers: { api_keys: [ ${key} ] } } ]`)
  assert.notEqual(withKey('one'), withKey('two'))
  assert.equal(withKey('one'), withKey('one'))
  assert.notEqual(revisionOf('name: a'), revisionOf('name: b'))
})

test('another content of a named file is another revision', () => {
  const yaml = 'security_settings: { truststores: [ { name: t, entries: [ { alias: a, certificate: ca.crt } ] } ] }'
  const missing = revisionOf(yaml)
  writeFileSync(join(folder, 'ca.crt'), 'one')
  const one = revisionOf(yaml)
  writeFileSync(join(folder, 'ca.crt'), 'two')
  const two = revisionOf(yaml)
  assert.equal(new Set([missing, one, two]).size, 3)
})
