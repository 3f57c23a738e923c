import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor, isMapping } from '../../../src/settings/cursor.ts'

const root = new Cursor({ a: { 'b/c': [1, 'x', null] }, n: null, s: 'one', list: ['x', 1, ''] })

test('a step into nothing is a cursor on nothing, with the pointer that it would have', () => {
  const nowhere = root.at('a', 'x', 'y')
  assert.equal(nowhere.isPresent, false)
  assert.equal(nowhere.pointer, '/a/x/y')
  assert.deepEqual(nowhere.items(), [])
  assert.deepEqual(nowhere.keys(), [])
  assert.deepEqual(nowhere.texts(), [])
})

test('null counts as nothing', () => {
  assert.equal(root.at('n').isPresent, false)
  assert.deepEqual(root.keys(), ['a', 's', 'list'])
})

test('pointers are escaped and count items', () => {
  assert.deepEqual(
    root
      .at('a', 'b/c')
      .items()
      .map(({ pointer }) => pointer),
    ['/a/b~1c/0', '/a/b~1c/1', '/a/b~1c/2'],
  )
})

test('one string stands for a list of it', () => {
  assert.deepEqual(root.at('s').texts(), [{ text: 'one', pointer: '/s' }])
  assert.deepEqual(root.at('list').texts(), [{ text: 'x', pointer: '/list/0' }])
})

test('inherited members are not there', () => {
  assert.equal(root.at('constructor').isPresent, false)
  assert.equal(root.at('toString', 'name').isPresent, false)
})

test('a map is neither list nor scalar', () => {
  assert.ok(isMapping({}) && isMapping(Object.create(null)))
  assert.ok(![null, undefined, [], 'x', 1].some(isMapping))
})
