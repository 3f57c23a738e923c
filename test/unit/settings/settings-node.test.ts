import assert from 'node:assert/strict'
import { test } from 'node:test'
import { childAt, createScalar, isNull, toPlain } from '../../../src/settings/settings-node.ts'
import { sourceOf, treeOf } from '../../support/settings-tree.ts'

test('plain data has no prototype, so that no key of an operator means anything by itself', () => {
  const value = toPlain(treeOf('__proto__: { admin: true }\nconstructor: x\na: [ { b: null } ]\n')) as Record<
    string,
    unknown
  >
  assert.equal(Object.getPrototypeOf(value), null)
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor', 'a'])
  assert.equal((value as { admin?: unknown }).admin, undefined)
  assert.deepEqual(JSON.stringify(value['a']), '[{"b":null}]')
})

test('children are found by key or by a proper index', () => {
  const tree = treeOf('list: [ a, b ]\n')
  const list = childAt(tree, 'list')
  assert.ok(list)
  assert.equal(childAt(list, '1')?.kind, 'scalar')
  for (const token of ['2', '01', '-1', '', 'length', '1e0', '99999999999'])
    assert.equal(childAt(list, token), undefined)
  assert.equal(childAt(createScalar('text', list.origin), '0'), undefined)
})

test('only null says nothing', () => {
  const origin = { source: sourceOf(''), start: 0, end: 0 }
  assert.ok(isNull(createScalar(null, origin)))
  for (const value of ['', 0, false]) assert.ok(!isNull(createScalar(value, origin)))
})
