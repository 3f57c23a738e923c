import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf } from '../../../src/settings/source-text.ts'
import { sourceOf } from '../../support/settings-tree.ts'

const TEXT = 'a: 1\nbc: two words  \n\nlast'

test('a range becomes line, column and length', () => {
  const source = sourceOf(TEXT)
  assert.deepEqual(placeOf({ source, start: 9, end: 12 }), { file: 'test.yml', line: 2, column: 5, length: 3 })
  assert.deepEqual(placeOf({ source, start: 0, end: 1 }), { file: 'test.yml', line: 1, column: 1, length: 1 })
  assert.deepEqual(placeOf({ source, start: 22, end: 26 }), { file: 'test.yml', line: 4, column: 1, length: 4 })
})

test('a range over several lines is marked to the end of its first line', () => {
  assert.equal(placeOf({ source: sourceOf(TEXT), start: 5, end: 26 }).length, 'bc: two words'.length)
})

test('an empty range, and one behind the end, is one column wide', () => {
  const source = sourceOf(TEXT)
  assert.deepEqual(placeOf({ source, start: 4, end: 4 }), { file: 'test.yml', line: 1, column: 5, length: 1 })
  assert.deepEqual(placeOf({ source, start: 26, end: 26 }), { file: 'test.yml', line: 4, column: 5, length: 1 })
  assert.deepEqual(placeOf({ source: sourceOf(''), start: 0, end: 1 }), {
    file: 'test.yml',
    line: 1,
    column: 1,
    length: 1,
  })
})

test('places in a text of many lines are found without a walk', () => {
  const source = sourceOf('x\n'.repeat(200_000))
  for (let line = 1; line <= 200_000; line += 1)
    assert.equal(placeOf({ source, start: (line - 1) * 2, end: line * 2 }).line, line)
})
