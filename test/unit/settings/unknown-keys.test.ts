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
