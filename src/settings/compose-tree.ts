/**
 * From the YAML library's nodes to ours: aliases are followed within bounds, tags are judged, twin keys are told apart.
 * The only file besides `parse.ts` and `yaml-wording.ts` that knows the library.
 */
import { type Document, isAlias, isCollection, isMap, isPair, isScalar, isSeq, type Node, type Scalar } from 'yaml'
import type { Problem } from '../diagnostics/problem.ts'
import { judgeTag } from './judge-tag.ts'
import type { ListNode, MapEntry, MapNode, ScalarNode, ScalarStyle, SettingsNode } from './settings-node.ts'
import { type Origin, placeOf, type SourceText } from './source-text.ts'
import { meaningOf } from './tags.ts'

/** Deeper nesting is refused: the deepest setting of ours has twelve levels. */
const MAX_DEPTH = 64
/** All aliases of a file together may copy that many values: enough for every honest use, too little for a bomb. */
const MAX_COPIED_NODES = 10_000

/**
 * Composes the tree of one document. A document tagged `!<authServerAlias>` becomes an entry of `security_settings.auth_servers`; one with
 * another tag of the product, or without content, gives undefined. Problems are added to the list.
 */
export function composeTree(document: Document.Parsed, source: SourceText, problems: Problem[]): MapNode | undefined {
  const contents: unknown = document.contents
  if (!isScalar(contents) && !isCollection(contents) && !isAlias(contents)) return undefined
  if (isScalar(contents) && contents.value === null && contents.tag === undefined) return undefined
  const state: State = { source, problems, anchors: new Map(), targets: new Map(), open: new Set(), copied: 0 }
  const meaning = contents.tag === undefined ? undefined : meaningOf(contents.tag)
  const path = meaning?.kind === 'auth-server' ? ENTRY_PATH : []
  const tree = compose(contents, { state, path, depth: 0, copying: false })
  if (tree === undefined || (tree.kind === 'scalar' && tree.failed)) return undefined
  if (tree.kind !== 'map') {
    report(state, tree.origin, {
      code: 'config.type',
      message: 'a configuration is a map of keys and values',
      label: tree.kind === 'list' ? 'this is a list' : 'this is not a map',
      help: 'start with `ports:` and `apis:`; microgateway.yml is an example',
    })
    return undefined
  }
  return meaning?.kind === 'auth-server' ? wrapAuthServer(tree) : tree
}

const ENTRY_PATH = ['security_settings', 'auth_servers', '0']

function wrapAuthServer(entry: MapNode): MapNode {
  const { origin } = entry
  const list: ListNode = { kind: 'list', items: [entry], origin }
  const inner: MapNode = {
    kind: 'map',
    entries: new Map([['auth_servers', { keyOrigin: origin, value: list }]]),
    origin,
  }
  return { kind: 'map', entries: new Map([['security_settings', { keyOrigin: origin, value: inner }]]), origin }
}

interface State {
  readonly source: SourceText
  readonly problems: Problem[]
  /** The last node with each anchor so far: an alias means the one before it. */
  readonly anchors: Map<string, Node>
  /** What each alias node meant where it stood: copies of it mean the same. */
  readonly targets: Map<Node, Node>
  /** Nodes that are being composed: an alias to one of them would never end. */
  readonly open: Set<Node>
  copied: number
}

interface Context {
  readonly state: State
  readonly path: readonly string[]
  readonly depth: number
  /** Inside of a value that an alias repeats. */
  readonly copying: boolean
}

/** Undefined: the node is left out. */
function compose(node: Node, context: Context): SettingsNode | undefined {
  const { state, copying } = context
  if (isAlias(node)) return composeAlias(node, context)
  const origin = originOf(node, state.source)
  if (copying && ++state.copied > MAX_COPIED_NODES) return failedScalar(origin)
  if (context.depth > MAX_DEPTH) {
    report(state, origin, {
      code: 'config.syntax',
      message: 'lists and maps are nested too deeply',
      label: `level ${MAX_DEPTH + 1}`,
    })
    return failedScalar(origin)
  }
  const anchor = isScalar(node) || isCollection(node) ? node.anchor : undefined
  if (anchor !== undefined && !copying) state.anchors.set(anchor, node)
  const tag = isScalar(node) || isCollection(node) ? node.tag : undefined
  if (tag !== undefined) {
    const kind = isScalar(node) ? 'scalar' : isMap(node) ? 'map' : 'list'
    const value = isScalar(node) ? node.value : undefined
    const verdict = judgeTag(tag, { kind, value, origin, path: context.path }, problem => state.problems.push(problem))
    if (verdict === 'leave-out') return undefined
    if (verdict === 'failed') return failedScalar(origin)
  }
  state.open.add(node)
  const result = isMap(node)
    ? composeMap(node.items, origin, context)
    : isSeq(node)
      ? composeList(node.items, origin, context)
      : composeScalar(node, origin, context)
  state.open.delete(node)
  return result
}

function composeAlias(node: Node & { source: string }, context: Context): SettingsNode {
  const { state } = context
  const origin = originOf(node, state.source)
  const target = state.targets.get(node) ?? state.anchors.get(node.source)
  if (target === undefined) {
    report(state, origin, {
      code: 'config.syntax',
      message: `alias \`*${node.source}\` has no anchor \`&${node.source}\` before it`,
      label: 'not defined above this line',
      help: 'if a text that starts with `*` is meant, put it in quotes',
    })
    return failedScalar(origin)
  }
  state.targets.set(node, target)
  if (state.open.has(target)) {
    report(state, origin, {
      code: 'config.syntax',
      message: `alias \`*${node.source}\` stands inside of what it repeats`,
      label: 'this would never end',
    })
    return failedScalar(origin)
  }
  const before = state.copied
  const copy = compose(target, { ...context, depth: context.depth + 1, copying: true })
  if (state.copied > MAX_COPIED_NODES && before <= MAX_COPIED_NODES && !context.copying) {
    report(state, origin, {
      code: 'config.syntax',
      message: `aliases repeat more than ${MAX_COPIED_NODES} values`,
      label: 'with this alias',
      help: 'write the values out, or use fewer aliases within aliases',
    })
  }
  return copy ?? failedScalar(origin)
}

function composeMap(pairs: readonly unknown[], origin: Origin, context: Context): MapNode {
  const { state } = context
  const entries = new Map<string, MapEntry>()
  for (const pair of pairs) {
    // A key that is no text is a syntax error that the parser has reported.
    if (!isPair(pair) || !isScalar(pair.key) || typeof pair.key.value !== 'string') continue
    const key = pair.key.value
    const keyOrigin = originOf(pair.key, state.source)
    if (pair.key.anchor !== undefined && !context.copying) state.anchors.set(pair.key.anchor, pair.key)
    const value = isNode(pair.value)
      ? compose(pair.value, { ...context, path: [...context.path, key], depth: context.depth + 1 })
      : emptyScalar(keyOrigin)
    const twin = entries.get(key)
    if (key === '<<') reportMergeKey(state, keyOrigin)
    else if (pair.value === null && /^[\w-]+:\S/.test(key) && pair.key.type === 'PLAIN')
      reportGluedKey(state, keyOrigin)
    else if (twin !== undefined) reportTwinKey(state, key, keyOrigin, twin.keyOrigin)
    else if (value !== undefined) entries.set(key, { keyOrigin, value })
  }
  return { kind: 'map', entries, origin }
}

function composeList(nodes: readonly unknown[], origin: Origin, context: Context): ListNode {
  const items: SettingsNode[] = []
  for (const node of nodes) {
    const path = [...context.path, String(items.length)]
    // In `[ a: b ]` the library gives a map; a bare pair cannot occur.
    const item = isNode(node) ? compose(node, { ...context, path, depth: context.depth + 1 }) : emptyScalar(origin)
    if (item !== undefined) items.push(item)
  }
  return { kind: 'list', items, origin }
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
}

function composeScalar(node: unknown, origin: Origin, { state }: Context): ScalarNode {
  if (!isScalar(node)) return failedScalar(origin)
  const { value } = node
  const style = STYLES[node.type ?? ''] ?? 'plain'
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) {
    return { kind: 'scalar', value, written: typeof value === 'string' ? value : writtenText(node), style, origin }
  }
  if (typeof value !== 'number') return failedScalar(origin)
  const written = writtenText(node)
  const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
  if (exact) return { kind: 'scalar', value, written, style, origin }
  report(state, origin, {
    code: 'config.value',
    message: Number.isFinite(value) ? 'this number cannot be kept exactly' : 'this number is not finite',
    label: Number.isFinite(value) ? 'too many digits' : 'not a finite number',
    help: 'if it is a text, put it in quotes',
  })
  return failedScalar(origin)
}

function writtenText(node: Scalar): string {
  return node.source ?? String(node.value)
}

function reportMergeKey(state: State, origin: Origin): void {
  report(state, origin, {
    code: 'config.syntax',
    message: 'merge keys (`<<`) are not supported',
    label: 'not supported',
    help: 'write the entries out, or repeat a whole value with an alias (`*name`)',
  })
}

function reportGluedKey(state: State, origin: Origin): void {
  report(state, origin, {
    code: 'config.syntax',
    message: 'a key has no value: a space is missing after its colon',
    label: 'this reads as one long key',
    help: 'write `key: value`',
  })
}

function reportTwinKey(state: State, key: string, origin: Origin, first: Origin): void {
  report(state, origin, {
    code: 'config.duplicate',
    message: `key \`${key.slice(0, 80)}\` stands twice in one map`,
    label: 'again here',
    related: [{ place: placeOf(first), label: 'first here' }],
    help: 'remove one of the two',
  })
}

function report(state: State, origin: Origin, problem: Omit<Problem, 'place' | 'severity'> & Partial<Problem>): void {
  state.problems.push({ severity: 'error', place: placeOf(origin), ...problem })
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isCollection(value) || isAlias(value)
}

function originOf(node: Node, source: SourceText): Origin {
  const [start, end] = node.range ?? [0, 0]
  return { source, start, end }
}

function failedScalar(origin: Origin): ScalarNode {
  return { kind: 'scalar', value: null, written: '', style: 'plain', origin, failed: true }
}

/** `key` without a value. */
function emptyScalar(origin: Origin): ScalarNode {
  return { kind: 'scalar', value: null, written: '', style: 'plain', origin }
}
