import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, type Mistake, nameOfPlace, shorten } from '../../../src/settings/mistake.ts'

const mistake: Mistake = { keyword: 'x', pointer: '', params: {}, schemaPath: '', value: 1, schema: {}, root: {} }

test('a mistake is about the unknown key, or the missing one', () => {
  assert.equal(keyOf({ ...mistake, params: { additionalProperty: 'a' } }), 'a')
  assert.equal(keyOf({ ...mistake, params: { missingProperty: 'b' } }), 'b')
  assert.equal(keyOf(mistake), '')
})

test('the whole document has a name, too', () => {
  assert.equal(nameOfPlace({}, ''), 'the configuration')
  assert.equal(nameOfPlace({ ports: {} }, '/ports/http'), '`ports.http`')
})

test('long keys are cut', () => {
  assert.equal(shorten('short'), 'short')
  assert.equal(shorten('x'.repeat(61)).length, 61)
})
