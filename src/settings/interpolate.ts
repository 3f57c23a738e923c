/** Replaces references in the scalars of files: after parsing, and only inside scalars, so that no value can ever add structure. */
import { resolve } from 'node:path'
import type { Problem } from '../diagnostics/problem.ts'
import { decodeUtf8, readBytes } from './read.ts'
import { parseTemplate, type TemplatePart } from './reference.ts'
import { retype } from './retype.ts'
import { originOfRange } from './scalar-range.ts'
import type { SchemaAt } from './schema-shape.ts'
import type { MapEntry, Piece, ScalarNode, SettingsNode } from './settings-node.ts'
import { placeOf } from './source-text.ts'

/** Larger files cannot be a value. */
const MAX_VALUE_FILE_BYTES = 1024 * 1024

export type Environment = Readonly<Record<string, string | undefined>>

/** Contents by absolute path, or why there are none. */
export type ValueFiles = ReadonlyMap<string, { readonly text: string } | { readonly reason: string }>

/** What references are replaced from. */
export interface InterpolationParts {
  readonly environment: Environment
  readonly files: ValueFiles
  readonly schemaAt: SchemaAt
}

/** Reads every file that a scalar of the tree names with `${file:…}`; a trailing line break is cut. Never throws. */
export async function readValueFiles(tree: SettingsNode): Promise<ValueFiles> {
  const paths = new Set<string>()
  forEachTemplate(tree, (node, parts) => {
    for (const part of parts) if (part.kind === 'file') paths.add(resolve(node.origin.source.directory, part.path))
  })
  const files = new Map<string, { text: string } | { reason: string }>()
  for (const path of paths) {
    const read = await readBytes(path, MAX_VALUE_FILE_BYTES)
    const text = read.ok ? decodeUtf8(read.bytes) : undefined
    if (!read.ok) files.set(path, { reason: read.reason })
    else if (text === undefined) files.set(path, { reason: 'it is not UTF-8 text' })
    else files.set(path, { text: text.replace(/\r?\n$/, '') })
  }
  return files
}

function forEachTemplate(node: SettingsNode, visit: (node: ScalarNode, parts: TemplatePart[]) => void): void {
  if (node.kind === 'scalar') {
    if (hasReferences(node)) visit(node, parseTemplate(node.written))
  } else if (node.kind === 'list') {
    for (const item of node.items) forEachTemplate(item, visit)
  } else {
    for (const entry of node.entries.values()) forEachTemplate(entry.value, visit)
  }
}

function hasReferences(node: ScalarNode): boolean {
  return typeof node.value === 'string' && node.origin.source.kind === 'file' && node.value.includes('$')
}

/** Returns the tree with its references replaced, in exactly the same shape. Each one that cannot be replaced is a problem. */
export function interpolate(tree: SettingsNode, parts: InterpolationParts, problems: Problem[]): SettingsNode {
  const path: string[] = []
  const walk = (node: SettingsNode): SettingsNode => {
    if (node.kind === 'scalar') return hasReferences(node) ? replace(node, path, parts, problems) : node
    if (node.kind === 'list') {
      const items = node.items.map((item, index) => at(String(index), item))
      return items.some((item, index) => item !== node.items[index]) ? { ...node, items } : node
    }
    let changed = false
    const entries = new Map<string, MapEntry>()
    for (const [key, entry] of node.entries) {
      const value = at(key, entry.value)
      changed ||= value !== entry.value
      entries.set(key, { ...entry, value })
    }
    return changed ? { ...node, entries } : node
  }
  const at = (token: string, node: SettingsNode): SettingsNode => {
    path.push(token)
    const result = walk(node)
    path.pop()
    return result
  }
  return walk(tree)
}

/** Returns the text of a scalar with its references replaced as far as that is possible: for comparing names, without problems. */
export function peek(node: ScalarNode, environment: Environment): string {
  if (!hasReferences(node)) return node.written
  const none: ValueFiles = new Map()
  return parseTemplate(node.written)
    .map(part => {
      const found = lookUp(part, node, environment, none)
      return 'text' in found ? found.text : node.written.slice(part.start, part.end)
    })
    .join('')
}

function replace(
  node: ScalarNode,
  path: readonly string[],
  parts: InterpolationParts,
  problems: Problem[],
): ScalarNode {
  let text = ''
  let failed = false
  const pieces: Piece[] = []
  for (const part of parseTemplate(node.written)) {
    const found = lookUp(part, node, parts.environment, parts.files)
    if (!('text' in found)) {
      failed = true
      problems.push({
        code: 'config.interpolation',
        severity: 'error',
        place: placeOf(originOfRange(node, part.start, part.end)),
        ...found,
      })
      continue
    }
    const literal = part.kind === 'literal' && part.text.length === part.end - part.start
    const place = { start: text.length, end: text.length + found.text.length }
    pieces.push({ ...place, writtenStart: part.start, writtenEnd: part.end, literal })
    text += found.text
  }
  if (failed) return { ...node, failed: true }
  return { ...node, pieces, value: retype(text, parts.schemaAt(path)) }
}

type Found = { readonly text: string } | Pick<Problem, 'message' | 'label' | 'help'>

function lookUp(part: TemplatePart, node: ScalarNode, environment: Environment, files: ValueFiles): Found {
  if (part.kind === 'literal') return { text: part.text }
  if (part.kind === 'broken') return { message: part.message, label: part.label, help: part.help }
  if (part.kind === 'file') return lookUpFile(resolve(node.origin.source.directory, part.path), part.path, files)
  const { name, otherwise } = part
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  if (value !== undefined && (value !== '' || otherwise === undefined)) return { text: value }
  if (otherwise?.kind === 'default') return { text: otherwise.text }
  const message = `the environment variable \`${name}\` is ${value === '' ? 'empty' : 'not set'}`
  if (otherwise?.kind === 'message' && otherwise.text !== '') return { message, label: otherwise.text }
  const help = `set \`${name}\`, or give a default: \`\${${name}:-default}\``
  return { message, label: value === '' ? 'empty' : 'not set', help }
}

function lookUpFile(path: string, written: string, files: ValueFiles): Found {
  const file = files.get(path)
  if (file !== undefined && 'text' in file) return file
  return { message: `the file \`${written}\` cannot be read`, label: file?.reason ?? 'not read' }
}
