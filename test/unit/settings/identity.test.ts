import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIdentityIndex, identityOf, isNamedList } from '../../../src/settings/identity.ts'
import { shapesFrom, treeOf } from '../../support/settings-tree.ts'

const textOf = (node: { written: string }): string => node.written

test('lists of things with a name or an id are named; lists of the operator’s own maps are not', () => {
  const schemaAt = shapesFrom({
    'users.*': 'object|name,password_hash',
    'applications.*': 'object|id,name',
    'applications.*.identifiers.claim_sets.*': 'object|',
    'trusted_proxies.*': 'string',
  })
  assert.ok(isNamedList(['users'], schemaAt))
  assert.ok(isNamedList(['applications'], schemaAt))
  assert.ok(!isNamedList(['applications', '3', 'identifiers', 'claim_sets'], schemaAt))
  assert.ok(!isNamedList(['trusted_proxies'], schemaAt))
  assert.ok(!isNamedList(['nope'], schemaAt))
})

test('APIs go by name and version, everything else by id and name', () => {
  const api = treeOf('name: orders\nversion: 1.10\nid: 7\n')
  assert.deepEqual(identityOf(api, ['apis'], textOf), {
    id: undefined,
    name: '["orders","1.10"]',
    shown: 'orders 1.10',
  })
  assert.deepEqual(identityOf(api, ['applications'], textOf), { id: '7', name: 'orders', shown: 'orders' })
  assert.equal(identityOf(treeOf('version: "1"\n'), ['apis'], textOf), undefined)
  assert.equal(identityOf(treeOf('name: null\nid: [ 1 ]\n'), ['users'], textOf), undefined)
})

test('id decides if both have one, else the name', () => {
  const index = createIdentityIndex()
  index.set({ id: '1', name: 'a', shown: '' }, 0)
  index.set({ id: undefined, name: 'b', shown: '' }, 1)
  const find = (id: string | undefined, name: string | undefined) => index.find({ id, name, shown: '' })
  assert.equal(find('1', 'other'), 0)
  assert.equal(find('2', 'a'), undefined)
  assert.equal(find(undefined, 'a'), 0)
  assert.equal(find('2', 'b'), 1)
  assert.equal(find('1', 'b'), 0)
  assert.equal(find(undefined, 'c'), undefined)
})
