/**
 * Puts documents and layers together. The documents of one layer must not contradict each other; of two layers the later one wins, key by
 * key. Lists of named things are joined by identity, other lists count as one value. `null` says nothing and never wins.
 */
import type { Problem } from '../diagnostics/problem.ts'
import { createIdentityIndex, identityOf, isNamedList, type TextOf } from './identity.ts'
import { nounFor } from './list-noun.ts'
import { toDottedPath } from './pointer.ts'
import type { SchemaAt } from './schema-shape.ts'
import { isNull, type ListNode, type MapEntry, type MapNode, type SettingsNode } from './settings-node.ts'
import { type Origin, placeOf } from './source-text.ts'

/** What merging asks of others. */
export interface MergeParts {
  readonly schemaAt: SchemaAt
  readonly textOf: TextOf
}

/**
 * Merges the documents of one layer (of one file, or of all files of a folder). A value that is set twice, and a name that stands twice in
 * one list, are problems that show both places; the first one is kept. Undefined if there is no document.
 */
export function mergeDocuments(
  documents: readonly MapNode[],
  parts: MergeParts,
  problems: Problem[],
): MapNode | undefined {
  const [first, ...rest] = documents
  if (first === undefined) return undefined
  let merged: SettingsNode = first
  for (const document of rest) merged = joinWithin(merged, document, [], parts, problems)
  const unique = rejectTwins(merged, [], parts, problems)
  return unique.kind === 'map' ? unique : first
}

/** Merges two layers; the later one wins. */
export function mergeLayers(earlier: MapNode, later: MapNode, parts: MergeParts): MapNode {
  return overlayMap(earlier, later, [], parts)
}

function joinWithin(
  first: SettingsNode,
  second: SettingsNode,
  path: readonly string[],
  parts: MergeParts,
  problems: Problem[],
): SettingsNode {
  if (isNull(second)) return first
  if (isNull(first)) return second
  if (first.kind === 'map' && second.kind === 'map') {
    const entries = new Map(first.entries)
    for (const [key, entry] of second.entries) {
      const known = entries.get(key)
      if (known === undefined) {
        entries.set(key, entry)
        continue
      }
      const value = joinWithin(known.value, entry.value, [...path, key], parts, problems)
      entries.set(key, { keyOrigin: isNull(known.value) ? entry.keyOrigin : known.keyOrigin, value })
      if (value === known.value && conflicts(known.value, entry.value)) {
        reportSetTwice([...path, key], entry.keyOrigin, known.keyOrigin, problems)
      }
    }
    return { ...first, entries }
  }
  if (first.kind === 'list' && second.kind === 'list' && isNamedList(path, parts.schemaAt)) {
    return { ...first, items: [...first.items, ...second.items] }
  }
  return first
}

/** Two values of one key that cannot both stand: everything but two maps, and two lists that were joined. */
function conflicts(first: SettingsNode, second: SettingsNode): boolean {
  return !isNull(first) && !isNull(second) && !(first.kind === 'map' && second.kind === 'map')
}

function reportSetTwice(path: readonly string[], again: Origin, first: Origin, problems: Problem[]): void {
  problems.push({
    code: 'config.duplicate',
    severity: 'error',
    message: `\`${toDottedPath(path)}\` is set twice in one layer`,
    place: placeOf(again),
    label: 'set again here',
    related: [{ place: placeOf(first), label: 'first set here' }],
    help: 'remove one of the two, or give the second file as a layer of its own (`-c`)',
  })
}

/** Drops every entry of a named list that is the same thing as one before it, and says so. */
function rejectTwins(
  node: SettingsNode,
  path: readonly string[],
  parts: MergeParts,
  problems: Problem[],
): SettingsNode {
  if (node.kind === 'scalar') return node
  if (node.kind === 'map') {
    let changed = false
    const entries = new Map<string, MapEntry>()
    for (const [key, entry] of node.entries) {
      const value = rejectTwins(entry.value, [...path, key], parts, problems)
      changed ||= value !== entry.value
      entries.set(key, { ...entry, value })
    }
    return changed ? { ...node, entries } : node
  }
  const items: SettingsNode[] = []
  const index = isNamedList(path, parts.schemaAt) ? createIdentityIndex() : undefined
  let changed = false
  for (const item of node.items) {
    const identity = index && identityOf(item, path, parts.textOf)
    const twin = identity && index?.find(identity)
    const first = twin === undefined ? undefined : items[twin]
    if (identity !== undefined && first !== undefined) {
      reportTwins(path, identity.shown, item, first, problems)
      changed = true
      continue
    }
    if (identity !== undefined) index?.set(identity, items.length)
    const kept = rejectTwins(item, [...path, String(items.length)], parts, problems)
    changed ||= kept !== item
    items.push(kept)
  }
  return changed ? { ...node, items } : node
}

function reportTwins(
  path: readonly string[],
  name: string,
  again: SettingsNode,
  first: SettingsNode,
  problems: Problem[],
): void {
  const noun = nounFor(path.at(-1) ?? '')
  problems.push({
    code: 'config.duplicate',
    severity: 'error',
    message: `${noun} \`${name}\` stands twice in one layer`,
    place: placeOf(namePlace(again)),
    label: 'again here',
    related: [{ place: placeOf(namePlace(first)), label: 'first here' }],
    help: 'rename or remove one of the two; to change an entry, give the second file as a layer of its own (`-c`)',
  })
}

function namePlace(entry: SettingsNode): Origin {
  if (entry.kind !== 'map') return entry.origin
  return (entry.entries.get('name') ?? entry.entries.get('id'))?.value.origin ?? entry.origin
}

function overlay(earlier: SettingsNode, later: SettingsNode, path: readonly string[], parts: MergeParts): SettingsNode {
  if (isNull(later)) return earlier
  if (earlier.kind === 'map' && later.kind === 'map') return overlayMap(earlier, later, path, parts)
  if (earlier.kind === 'list' && later.kind === 'list' && isNamedList(path, parts.schemaAt)) {
    return overlayList(earlier, later, path, parts)
  }
  return later
}

function overlayMap(earlier: MapNode, later: MapNode, path: readonly string[], parts: MergeParts): MapNode {
  const entries = new Map(earlier.entries)
  for (const [key, entry] of later.entries) {
    const known = entries.get(key)
    if (known === undefined) {
      entries.set(key, entry)
      continue
    }
    const value = overlay(known.value, entry.value, [...path, key], parts)
    entries.set(key, value === entry.value ? entry : { keyOrigin: known.keyOrigin, value })
  }
  return { ...earlier, entries }
}

function overlayList(earlier: ListNode, later: ListNode, path: readonly string[], parts: MergeParts): ListNode {
  const items = [...earlier.items]
  const index = createIdentityIndex()
  const remember = (item: SettingsNode, position: number): void => {
    const identity = identityOf(item, path, parts.textOf)
    if (identity !== undefined) index.set(identity, position)
  }
  items.forEach(remember)
  for (const item of later.items) {
    const identity = identityOf(item, path, parts.textOf)
    const position = identity && index.find(identity)
    const known = position === undefined ? undefined : items[position]
    if (position === undefined || known?.kind !== 'map' || item.kind !== 'map') {
      remember(item, items.length)
      items.push(item)
      continue
    }
    const merged = overlayMap(known, item, [...path, String(position)], parts)
    items[position] = merged
    remember(merged, position)
  }
  return { ...earlier, items }
}
