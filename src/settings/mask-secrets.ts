import { parseTemplate } from './reference.ts'
import { originOfRange } from './scalar-range.ts'
import type { SchemaAt } from './schema-shape.ts'
import type { MapNode, ScalarNode, SettingsNode } from './settings-node.ts'
import type { Origin, SourceText } from './source-text.ts'

/** Lines that look like a secret, for texts that could not be parsed. */
const SECRET_LINE = /(?<=(?:password|secret|api_?keys?)\w{0,20}["']?[ \t]*:[ \t]*)[^\s#][^\n]*/gi

/**
 * Returns the text of a source with every character of a secret replaced by `*`, so that it can be shown beside a problem: lines and
 * columns stay. References stay readable, their defaults do not. `documents` are the trees of this source.
 */
export function maskSecrets(
  source: SourceText,
  documents: readonly MapNode[],
  intact: boolean,
  schemaAt: SchemaAt,
): string {
  const ranges: Origin[] = []
  for (const document of documents) collect(document, [], schemaAt, source, ranges)
  ranges.sort((a, b) => a.start - b.start)
  let text = ''
  let from = 0
  for (const { start, end } of ranges) {
    if (end <= from) continue
    text += source.text.slice(from, start) + cover(source.text.slice(Math.max(from, start), end))
    from = end
  }
  text += source.text.slice(from)
  return intact ? text : text.replaceAll(SECRET_LINE, cover)
}

function cover(text: string): string {
  return text.replaceAll(/[^\s"'[\]{},|>]/g, '*')
}

function collect(node: SettingsNode, path: string[], schemaAt: SchemaAt, source: SourceText, ranges: Origin[]): void {
  if (node.kind === 'scalar') {
    if (node.origin.source === source && schemaAt(path)?.secret === true) ranges.push(...secretRanges(node))
    return
  }
  const children =
    node.kind === 'map' ? [...node.entries].map(([key, entry]) => [key, entry.value] as const) : node.items.entries()
  for (const [token, child] of children) {
    path.push(String(token))
    collect(child, path, schemaAt, source, ranges)
    path.pop()
  }
}

function secretRanges(node: ScalarNode): Origin[] {
  if (node.value === null || node.written === '') return []
  if (!node.written.includes('${')) return [node.origin]
  return parseTemplate(node.written).flatMap(part => {
    if (part.kind === 'literal' || part.kind === 'broken') return [originOfRange(node, part.start, part.end)]
    if (part.kind === 'file' || part.otherwise === undefined) return []
    const { text } = part.otherwise
    return text === '' ? [] : [originOfRange(node, part.end - 1 - text.length, part.end - 1)]
  })
}
