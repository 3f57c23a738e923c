import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retype } from '../../../src/settings/retype.ts'
import { shapesFrom } from '../../support/settings-tree.ts'

const at = shapesFrom({
  text: 'string',
  port: 'integer,string',
  count: 'integer',
  ratio: 'number',
  flag: 'boolean',
  list: 'array',
})

test('a text is read as another type only where the schema wants one', () => {
  assert.equal(retype('4485', at(['port'])), 4485)
  assert.equal(retype('4485', at(['text'])), '4485')
  assert.equal(retype('4485', at(['unknown'])), '4485')
  assert.equal(retype('true', at(['flag'])), true)
  assert.equal(retype('FALSE', at(['flag'])), false)
  assert.equal(retype('true', at(['text'])), 'true')
  assert.equal(retype('1.5e3', at(['ratio'])), 1500)
  assert.equal(retype('0x10', at(['count'])), 16)
  assert.equal(retype('0o17', at(['count'])), 15)
})

test('what does not read as the wanted type stays text, for the schema to refuse', () => {
  for (const text of ['', ' 1', '1_000', 'yes', '127.0.0.1:4485', '1e999', '9007199254740993', '-', '.', '0b1']) {
    assert.equal(retype(text, at(['port'])), text)
    assert.equal(retype(text, at(['count'])), text)
  }
  for (const text of ['yes', 'on', 'tRUE', '1', '']) assert.equal(retype(text, at(['flag'])), text)
})

test('a text never becomes a list or a map', () => {
  assert.equal(retype('[ a, b ]', at(['list'])), '[ a, b ]')
})
