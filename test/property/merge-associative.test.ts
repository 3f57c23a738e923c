/** Merging layers is associative: base + (team + site) is (base + team) + site, so that layers can be prepared in any grouping. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mergeLayers } from '../../src/settings/merge.ts'
import { toPlain } from '../../src/settings/settings-node.ts'
import { shapesFrom, treeOf } from '../support/settings-tree.ts'

const parts = {
  schemaAt: shapesFrom({
    'users.*': 'object|name,password,roles',
    'apis.*': 'object|name,version,upstream,routes',
    'servers.*': 'object|id,name,issuer',
  }),
  textOf: (node: { written: string }) => node.written,
}

/** A value of one kind at each place, as a schema wants it; anything may be absent or null. */
function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> {
  return fc.option(fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }), {
    nil: undefined,
  })
}

const scalar = maybe(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b')))
const names = fc.constantFrom('n1', 'n2', 'n3')
const list = maybe(fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }))
const user = fc.record({ name: names, password: scalar, roles: list })
const api = fc.record({ name: names, version: fc.constantFrom('1', '2', undefined), upstream: scalar })
/** The id belongs to the name, as in any honest set of layers; it may be left out. */
const server = names.chain(name =>
  fc.record({ name: fc.constant(name), id: fc.constantFrom(`id-${name}`, undefined), issuer: scalar }),
)

const layer = fc.record({
  ports: maybe(fc.record({ http: scalar, https: scalar })),
  hosts: list,
  users: maybe(fc.uniqueArray(user, { selector: entry => entry.name, maxLength: 3 })),
  apis: maybe(fc.uniqueArray(api, { selector: entry => `${entry.name} ${entry.version}`, maxLength: 4 })),
  servers: maybe(fc.uniqueArray(server, { selector: entry => entry.name, maxLength: 3 })),
})

function merged(...layers: readonly ReturnType<typeof treeOf>[]) {
  const [first, ...rest] = layers
  assert.ok(first)
  return rest.reduce((earlier, later) => mergeLayers(earlier, later, parts), first)
}

test('the grouping of layers makes no difference', () => {
  fc.assert(
    fc.property(layer, layer, layer, (a, b, c) => {
      const [one, two, three] = [a, b, c].map(value => treeOf(JSON.stringify(value))) as [
        ReturnType<typeof treeOf>,
        ReturnType<typeof treeOf>,
        ReturnType<typeof treeOf>,
      ]
      const left = toPlain(merged(merged(one, two), three))
      const right = toPlain(merged(one, merged(two, three)))
      assert.deepEqual(JSON.parse(JSON.stringify(left)), JSON.parse(JSON.stringify(right)))
    }),
    { numRuns: 300 },
  )
})

test('a layer merged with itself is itself', () => {
  fc.assert(
    fc.property(layer, value => {
      const tree = treeOf(JSON.stringify(value))
      assert.equal(JSON.stringify(toPlain(merged(tree, tree))), JSON.stringify(toPlain(tree)))
    }),
  )
})

test('an empty layer changes nothing on either side', () => {
  fc.assert(
    fc.property(layer, value => {
      const tree = treeOf(JSON.stringify(value))
      const empty = treeOf('{}')
      assert.equal(JSON.stringify(toPlain(merged(tree, empty))), JSON.stringify(toPlain(tree)))
      assert.deepEqual(
        JSON.parse(JSON.stringify(toPlain(merged(empty, tree)))),
        JSON.parse(JSON.stringify(toPlain(tree))),
      )
    }),
  )
})
