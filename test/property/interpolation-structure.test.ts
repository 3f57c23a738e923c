/** Interpolation never adds structure: the tree after it has the same maps, keys and lists, whatever the values of the references are. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { interpolate } from '../../src/settings/interpolate.ts'
import { parseTemplate } from '../../src/settings/reference.ts'
import type { SchemaAt } from '../../src/settings/schema-shape.ts'
import { type SettingsNode, toPlain } from '../../src/settings/settings-node.ts'
import { treeOf } from '../support/settings-tree.ts'

/** What is left of a tree without the values of its scalars. */
function skeleton(node: SettingsNode): unknown {
  if (node.kind === 'scalar') return 0
  if (node.kind === 'list') return node.items.map(skeleton)
  return [...node.entries].map(([key, entry]) => [key, skeleton(entry.value)])
}

const REFERENCE = fc.constantFrom(
  '${A}',
  '${B:-d}',
  'x ${A} y',
  '$${A}',
  '${',
  '${A:?m}',
  '${file:/a}',
  '$',
  '${A:-${B}}',
  'plain',
)
const DOCUMENT = fc.object({
  key: fc.string({ maxLength: 6 }),
  values: [REFERENCE, fc.integer(), fc.boolean()],
  maxDepth: 3,
})
const HOSTILE = fc.oneof(
  fc.string(),
  fc.constantFrom(
    'a: 1\nb: 2',
    '[ 1, 2 ]',
    '{ admin: true }',
    '- x',
    '*a',
    '!<authServerAlias> x',
    '${A}',
    'true',
    '17',
    'null',
    '\n---\n',
  ),
)
const TYPES = fc.subarray(['string', 'number', 'integer', 'boolean', 'object', 'array'] as const)

test('the shape of a tree is the same before and after interpolation', () => {
  fc.assert(
    fc.property(DOCUMENT, HOSTILE, HOSTILE, TYPES, (document, a, b, types) => {
      const tree = treeOf(JSON.stringify(document))
      const schemaAt: SchemaAt = () => ({ types: new Set(types), properties: [], secret: false })
      const files = new Map([['/a', { text: b }]])
      const after = interpolate(tree, { environment: { A: a, B: b }, files, schemaAt }, [])
      assert.deepEqual(skeleton(after), skeleton(tree))
    }),
    { numRuns: 300 },
  )
})

test('without a dollar nothing changes at all', () => {
  fc.assert(
    fc.property(
      fc.object({ maxDepth: 3, values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)] }),
      document => {
        const text = JSON.stringify(document)
        fc.pre(!text.includes('$'))
        const tree = treeOf(text)
        const after = interpolate(tree, { environment: { A: 'x' }, files: new Map(), schemaAt: () => undefined }, [])
        assert.equal(JSON.stringify(toPlain(after)), JSON.stringify(toPlain(tree)))
      },
    ),
    { numRuns: 100 },
  )
})

test('the parts of any text cover it without gaps', () => {
  const text = fc
    .array(fc.constantFrom('$', '{', '}', ':-', ':?', 'A', 'file:', '/x', ' '), { maxLength: 30 })
    .map(parts => parts.join(''))
  fc.assert(
    fc.property(text, value => {
      let at = 0
      for (const part of parseTemplate(value)) {
        assert.equal(part.start, at)
        assert.ok(part.end > at)
        at = part.end
      }
      assert.equal(at, value.length)
    }),
    { numRuns: 300 },
  )
})
