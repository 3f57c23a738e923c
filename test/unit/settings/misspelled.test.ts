import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor } from '../../../src/settings/cursor.ts'
import { isMisspelled } from '../../../src/settings/misspelled.ts'

test('a key under a name that is near counts as misspelled, the key itself and its absence do not', () => {
  assert.equal(isMisspelled(new Cursor({ polices: [] }), ['open', 'policies']), true)
  assert.equal(isMisspelled(new Cursor({ policies: [], name: 'a' }), ['open', 'policies']), false)
  assert.equal(isMisspelled(new Cursor({}), ['open']), false)
  assert.equal(isMisspelled(new Cursor(undefined), ['open']), false)
})
