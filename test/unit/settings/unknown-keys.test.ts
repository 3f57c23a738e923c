import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suggestKey } from '../../../src/settings/unknown-keys.ts'
import { schemaFindings } from '../../support/settings-document.ts'

test('a key of the product is never suggested', () => {
  const schema = { properties: { ports: {}, policies: { 'x-foreign': true } } }
  assert.equal(suggestKey(schema, 'policie'), undefined)
  assert.equal(suggestKey(schema, 'prots'), 'ports')
})

test('a key that nothing is near to is told what is known, where that is short', () => {
  const [short] = schemaFindings('drain: { nonsense: 1 }')
  assert.equal(short?.help, 'known here: delay, timeout')
  const [long] = schemaFindings('nonsense: 1')
  assert.equal(long?.help, undefined)
})

test('a long key is cut in the message, not in the pointer', () => {
  const key = 'x'.repeat(200)
  const [finding] = schemaFindings(`${key}: 1`)
  assert.ok((finding?.message.length ?? 0) < 120)
  assert.equal(finding?.pointer, `/${key}`)
})

test('a misspelled setting of ours is not taken for another one of the product', () => {
  const [finding] = schemaFindings('extended_settings: { pg_JWT_isHTTP: false }')
  assert.deepEqual([finding?.code, finding?.severity], ['config.unknown_key', 'error'])
  assert.equal(finding?.label, 'did you mean `pg_JWT_isHTTPS`?')
  const [other] = schemaFindings('extended_settings: { pg_oauth_someSwitch: false }')
  assert.deepEqual([other?.code, other?.severity], ['config.foreign_key', 'warning'])
})
