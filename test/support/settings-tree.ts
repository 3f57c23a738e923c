/** Small ways to trees and shapes, for the tests of the settings room. */
import type { Problem } from '../../src/diagnostics/problem.ts'
import { parseSource } from '../../src/settings/parse.ts'
import type { SchemaAt, SchemaShape } from '../../src/settings/schema-shape.ts'
import type { MapNode, ScalarNode, SettingsNode } from '../../src/settings/settings-node.ts'
import { createSourceText, type SourceText } from '../../src/settings/source-text.ts'

/** Creates the source text of a file in `/etc/mg`. */
export function sourceOf(text: string, label = 'test.yml'): SourceText {
  return createSourceText({ label, text, directory: '/etc/mg', kind: 'file' })
}

/** Parses every document of a text that must hold no mistake. */
export function treesOf(text: string, label?: string): readonly MapNode[] {
  const { documents, problems } = parseSource(sourceOf(text, label))
  if (problems.length > 0) throw new Error(problems.map(problem => problem.message).join('; '))
  return documents
}

/** Parses the only document of a text that must hold no mistake. */
export function treeOf(text: string, label?: string): MapNode {
  const [tree] = treesOf(text, label)
  if (tree === undefined) throw new Error('no document')
  return tree
}

/** Finds the scalar at a path. */
export function scalarAt(tree: MapNode, ...path: readonly string[]): ScalarNode {
  let node: MapNode | ScalarNode = tree
  for (const key of path) {
    const child: SettingsNode | undefined = node.kind === 'map' ? node.entries.get(key)?.value : undefined
    if (child === undefined || child.kind === 'list') throw new Error(`nothing at ${path.join('.')}`)
    node = child
  }
  if (node.kind !== 'scalar') throw new Error(`no scalar at ${path.join('.')}`)
  return node
}

/** Makes a look-up from a table: paths with `*` for list indices, to types and, after a bar, known keys: `'object|http,https'`. */
export function shapesFrom(table: Readonly<Record<string, string>>): SchemaAt {
  return path => {
    const found = table[path.map(token => (/^\d+$/.test(token) ? '*' : token)).join('.')]
    if (found === undefined) return undefined
    const [types = '', keys = ''] = found.split('|')
    return {
      types: new Set(types.split(',').filter(type => type !== '' && type !== 'secret')) as SchemaShape['types'],
      properties: keys.split(',').filter(key => key !== ''),
      secret: types.includes('secret'),
    }
  }
}

/** Says a problem in one line: code, place, message. */
export function sayProblem({ code, place, message }: Problem): string {
  return `${code} ${place === undefined ? '-' : `${place.file}:${place.line}:${place.column}+${place.length}`} ${message}`
}
