// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interpolate } from '../../../src/settings/interpolate.ts'
import { originOfRange } from '../../../src/settings/scalar-range.ts'
import { createScalar, type ScalarNode } from '../../../src/settings/settings-node.ts'
import { scalarAt, sourceOf, treeOf } from '../../support/settings-tree.ts'

/** What of the text is marked when a part of the value of `v` is meant. */
function marked(text: string, part: string): string {
  const node = scalarAt(treeOf(text), 'v')
  return markedIn(node, part)
}

function markedIn(node: ScalarNode, part: string): string {
  const value = String(node.value)
  const start = value.indexOf(part)
  assert.notEqual(start, -1, `${part} is not in ${JSON.stringify(value)}`)
  const { source, start: from, end } = originOfRange(node, start, start + part.length)
  return source.text.slice(from, end)
}

test('a part of a plain scalar is where it is', () => {
  assert.equal(marked('v: claim.roles == 1\n', 'claim'), 'claim')
  assert.equal(marked('v: claim.roles == 1\n', '1'), '1')
})

test('a part of a quoted scalar is found behind quotes and escapes', () => {
  assert.equal(marked('v: "\'admin\' in claim.roles"\n', 'claim'), 'claim')
  assert.equal(marked("v: '''admin'' in claim.roles'\n", 'claim'), 'claim')
  assert.equal(marked('v: "a\\tb\\u0041c\\x41 claim"\n', 'claim'), 'claim')
  assert.equal(marked('v: "\\U0001F642 claim"\n', 'claim'), 'claim')
  assert.equal(marked('v: "a \\" claim"\n', 'claim'), 'claim')
})

test('a part of a scalar of several lines is found on its line', () => {
  assert.equal(marked('v: |\n  first\n    deep claim.x\n', 'claim.x'), 'claim.x')
  assert.equal(marked('v: >-\n  first\n  second claim.x\n\n  third\n', 'third'), 'third')
  assert.equal(marked('v: >-\n  first\n  second claim.x\n', 'claim.x'), 'claim.x')
  assert.equal(marked('v: one\n  two claim\n', 'claim'), 'claim')
  assert.equal(marked('v: "one\n  two \\\n  claim"\n', 'claim'), 'claim')
  assert.equal(marked('v: |\r\n  a\r\n  claim\r\n', 'claim'), 'claim')
  assert.equal(marked('v: |2\n    a\n   claim\n', 'claim'), 'claim')
})

test('a part of an interpolated scalar is found around the references, and the reference where it is inside', () => {
  const environment = { ROLE: 'administrator' }
  const parts = { environment, files: new Map(), schemaAt: () => undefined }
  const tree = interpolate(treeOf('v: "\'${ROLE}\' in claim.roles + $$x"\n'), parts, [])
  assert.equal(tree.kind, 'map')
  if (tree.kind !== 'map') return
  const node = scalarAt(tree, 'v')
  assert.equal(node.value, "'administrator' in claim.roles + $x")
  assert.equal(markedIn(node, 'claim'), 'claim')
  assert.equal(markedIn(node, 'strat'), '${ROLE}')
  assert.equal(markedIn(node, 'x'), 'x')
  assert.equal(markedIn(node, "tor' in"), "${ROLE}' in")
})

test('offsets beyond the value are clipped', () => {
  const node = scalarAt(treeOf('v: "abc"\n'), 'v')
  const { start, end } = originOfRange(node, -5, 99)
  assert.equal(node.origin.source.text.slice(start, end), 'abc')
  const behind = originOfRange(node, 50, 60)
  assert.ok(behind.end > behind.start)
})

test('what came from no file is marked as a whole', () => {
  const origin = { source: sourceOf('mcgw_x'), start: 0, end: 6 }
  assert.equal(originOfRange(createScalar('value', origin), 1, 2), origin)
})
