/**
 * Overrides from the environment (`mcgw_<path joined by _>`) and from the command line. A variable's name is matched against the keys that
 * the schema knows, as keys hold underscores themselves; list entries go by their name. Values never add keys of the operator's choice.
 */
import { nearest } from '../diagnostics/did-you-mean.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { type Environment, peek } from './interpolate.ts'
import { parsePointer, toPointer } from './pointer.ts'
import { retype } from './retype.ts'
import { type SchemaAt, type SchemaShape, wantsText } from './schema-shape.ts'
import { childAt, createScalar, type MapNode, type SettingsNode } from './settings-node.ts'
import { createSourceText, type Origin, placeOf, type SourceText } from './source-text.ts'

const PREFIX = 'mcgw_'
/** More places than this never fit one honest name. */
const MAX_TARGETS = 16

/** What the overrides made of the tree. */
export interface Overridden {
  readonly tree: MapNode
  readonly problems: readonly Problem[]
  /** Texts to show beside problems: the names of the variables, never their values. */
  readonly sources: readonly SourceText[]
}

/** Applies every `mcgw_*` variable to the tree. Unknown and ambiguous names are warnings and change nothing. */
export function applyEnvironment(
  tree: MapNode,
  environment: Environment,
  schemaAt: SchemaAt,
  directory: string,
): Overridden {
  const names = Object.keys(environment).filter(name => name.startsWith(PREFIX) && environment[name] !== undefined)
  if (names.length === 0) return { tree, problems: [], sources: [] }
  names.sort()
  const text = names.join('\n')
  const source = createSourceText({ label: 'environment', text, directory, kind: 'environment' })
  const problems: Problem[] = []
  let result = tree
  let start = 0
  for (const name of names) {
    const origin = { source, start, end: start + name.length }
    start += name.length + 1
    const targets = findTargets(tree, name.slice(PREFIX.length), schemaAt, environment)
    const [target] = targets
    if (target === undefined || targets.length > 1) {
      problems.push(toProblem(name, targets, origin, () => namesOf(tree, schemaAt, environment)))
      continue
    }
    const value = toNode(environment[name] ?? '', schemaAt(target), schemaAt, target, origin)
    result = setAt(result, target, value, origin)
  }
  return { tree: result, problems, sources: [source] }
}

/** Applies values by JSON pointer, as flags of the command line give them. */
export function applyFlags(tree: MapNode, flags: Readonly<Record<string, unknown>>, directory: string): Overridden {
  const pointers = Object.keys(flags)
  if (pointers.length === 0) return { tree, problems: [], sources: [] }
  const text = pointers.join('\n')
  const source = createSourceText({ label: 'command line', text, directory, kind: 'command-line' })
  let result = tree
  let start = 0
  for (const pointer of pointers) {
    const origin = { source, start, end: start + pointer.length }
    start += pointer.length + 1
    result = setAt(result, parsePointer(pointer), fromPlain(flags[pointer], origin), origin)
  }
  return { tree: result, problems: [], sources: [source] }
}

function fromPlain(value: unknown, origin: Origin): SettingsNode {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(item => fromPlain(item, origin)), origin }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, child]) => [key, { keyOrigin: origin, value: fromPlain(child, origin) }] as const,
    )
    return { kind: 'map', entries: new Map(entries), origin }
  }
  return createScalar(typeof value === 'number' || typeof value === 'boolean' ? value : String(value ?? ''), origin)
}

/** Finds every path that a name can mean: known keys, keys that are written, and entries of lists by name. */
function findTargets(tree: MapNode, name: string, schemaAt: SchemaAt, environment: Environment): string[][] {
  const targets: string[][] = []
  const visit = (node: SettingsNode | undefined, path: readonly string[], rest: string): void => {
    if (targets.length >= MAX_TARGETS) return
    for (const [label, token] of childrenOf(node, schemaAt(path), environment)) {
      const next = [...path, token]
      if (label === rest) targets.push(next)
      else if (label !== '' && rest.startsWith(`${label}_`)) {
        visit(node && childAt(node, token), next, rest.slice(label.length + 1))
      }
    }
  }
  visit(tree, [], name)
  return targets
}

/** The children of a value, by what they are called in a variable's name. */
function childrenOf(
  node: SettingsNode | undefined,
  shape: SchemaShape | undefined,
  environment: Environment,
): (readonly [label: string, token: string])[] {
  if (node?.kind === 'list') {
    return node.items.flatMap((item, index) =>
      labelsOf(item, environment).map(label => [label, String(index)] as const),
    )
  }
  const keys = new Set(shape?.properties)
  if (node?.kind === 'map') for (const key of node.entries.keys()) keys.add(key)
  return [...keys].map(key => [toLabel(key), key] as const)
}

/** An entry goes by its name or id; an API also by name and version, where one name has several. */
function labelsOf(item: SettingsNode, environment: Environment): string[] {
  if (item.kind !== 'map') return []
  const textAt = (key: string): string | undefined => {
    const value = item.entries.get(key)?.value
    return value?.kind === 'scalar' && value.value !== null ? toLabel(peek(value, environment)) : undefined
  }
  const name = textAt('name')
  const version = textAt('version')
  const labels = [name, textAt('id'), name !== undefined && version !== undefined ? `${name}_${version}` : undefined]
  return [...new Set(labels.filter(label => label !== undefined && label !== ''))] as string[]
}

/** Shells allow letters, digits and underscores in names: everything else in a key is written as an underscore. */
function toLabel(key: string): string {
  return key.replaceAll(/[^A-Za-z0-9]/g, '_')
}

function toProblem(name: string, targets: readonly string[][], origin: Origin, names: () => Iterable<string>): Problem {
  const place = placeOf(origin)
  const common = { code: 'config.environment', severity: 'warning', place } as const
  if (targets.length > 1) {
    const meant = targets.slice(0, 2).map(path => `\`${toPointer(path)}\``)
    return { ...common, message: `\`${name}\` names more than one setting and is ignored`, label: meant.join(' or ') }
  }
  const near = nearest(name.slice(PREFIX.length), names())
  const label = near === undefined ? 'no such setting' : `did you mean \`${PREFIX}${near}\`?`
  return { ...common, message: `\`${name}\` names no known setting and is ignored`, label }
}

/** Bounds the search for a name that was probably meant. */
const MAX_NAMES = 5000

/** The names of the two upper levels of settings, and of what is written. */
function* namesOf(tree: MapNode, schemaAt: SchemaAt, environment: Environment): Iterable<string> {
  let count = 0
  const queue: { node: SettingsNode | undefined; path: readonly string[]; name: string }[] = [
    { node: tree, path: [], name: '' },
  ]
  for (const { node, path, name } of queue) {
    for (const [label, token] of childrenOf(node, schemaAt(path), environment)) {
      if (++count > MAX_NAMES) return
      const next = { node: node && childAt(node, token), path: [...path, token], name: `${name}${label}` }
      yield next.name
      if (next.node !== undefined || path.length === 0) queue.push({ ...next, name: `${next.name}_` })
    }
  }
}

/** Where only a list is wanted, the value is its entries with commas between, as in the product. */
function toNode(
  text: string,
  shape: SchemaShape | undefined,
  schemaAt: SchemaAt,
  path: readonly string[],
  origin: Origin,
): SettingsNode {
  if (shape === undefined || wantsText(shape) || !shape.types.has('array'))
    return createScalar(retype(text, shape), origin)
  const parts = text.split(',').map(part => part.trim())
  const items = parts
    .filter(part => part !== '')
    .map(part => createScalar(retype(part, schemaAt([...path, '0'])), origin))
  return { kind: 'list', items, origin }
}

/** Returns the tree with a value at a path; maps on the way are made where there are none. */
function setAt(tree: MapNode, path: readonly string[], value: SettingsNode, origin: Origin): MapNode {
  const [key, ...rest] = path
  if (key === undefined) return value.kind === 'map' ? value : tree
  const known = tree.entries.get(key)
  const child = rest.length === 0 ? value : setBelow(known?.value, rest, value, origin)
  const keyOrigin = rest.length === 0 || known === undefined ? origin : known.keyOrigin
  return { ...tree, entries: new Map(tree.entries).set(key, { keyOrigin, value: child }) }
}

function setBelow(
  node: SettingsNode | undefined,
  path: readonly string[],
  value: SettingsNode,
  origin: Origin,
): SettingsNode {
  if (node?.kind === 'list') {
    const [token = '', ...rest] = path
    const items = node.items.map((item, index) => {
      if (String(index) !== token) return item
      return rest.length === 0 ? value : setBelow(item, rest, value, origin)
    })
    return { ...node, items }
  }
  const map: MapNode = node?.kind === 'map' ? node : { kind: 'map', entries: new Map(), origin }
  return setAt(map, path, value, origin)
}
