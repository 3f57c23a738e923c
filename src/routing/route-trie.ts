import type { PathPattern } from './path-pattern.ts'

/** The values of the `{name}` segments, as in the path; no prototype. */
export type Parameters = Readonly<Record<string, string>>

export interface Found<T> {
  readonly kind: 'found'
  readonly value: T
  readonly parameters: Parameters
}

interface Leaf<T> {
  readonly names: readonly string[]
  /** The answer itself, shared by all requests where there is no parameter. */
  readonly found: Found<T>
}

type Leaves<T> = Map<string, Leaf<T>>

interface Node<T> {
  literals: Map<string, Node<T>> | undefined
  parameter: Node<T> | undefined
  /** What answers when the path ends here, by method. */
  here: Leaves<T> | undefined
  /** What answers here and below (`/*`), by method. */
  rest: Leaves<T> | undefined
}

/** Stands for every method without an entry of its own. */
const ANY_METHOD = 'ANY'
const NO_PARAMETERS: Parameters = Object.freeze(Object.create(null))

/**
 * The routes below one base path, by segment: a literal is more specific than `{name}`, that more than `/*`. The more specific path
 * wins, then the method; a path without the method falls back to less specific ones.
 */
export class RouteTrie<T> {
  readonly #root: Node<T> = createNode()
  /** Segments that parameters took on the way down; reused, because a search never waits. */
  readonly #captured: string[] = []

  /** Adds a route. Returns false, and changes nothing, where the same pattern already has the method. */
  add(method: string, pattern: PathPattern, value: T): boolean {
    let node = this.#root
    const names: string[] = []
    for (const segment of pattern.segments) {
      if (segment.kind === 'parameter') {
        names.push(segment.name)
        node.parameter ??= createNode()
        node = node.parameter
      } else {
        node.literals ??= new Map()
        node = childOf(node.literals, segment.text)
      }
    }
    const place = pattern.rest ? 'rest' : 'here'
    const leaves: Leaves<T> = node[place] ?? new Map()
    node[place] = leaves
    if (leaves.has(method)) return false
    leaves.set(method, { names, found: Object.freeze({ kind: 'found', value, parameters: NO_PARAMETERS }) })
    return true
  }

  /** Finds the route of a method for the segments of `path` from index `from` (after a slash) up to `end`. */
  find(method: string, path: string, from: number, end: number): Found<T> | undefined {
    const leaf = this.#search(this.#root, method, path, from, end, 0)
    if (leaf === undefined) return undefined
    if (leaf.names.length === 0) return leaf.found
    const parameters: Record<string, string> = Object.create(null)
    leaf.names.forEach((name, i) => {
      parameters[name] = this.#captured[i] ?? ''
    })
    return { kind: 'found', value: leaf.found.value, parameters }
  }

  /** Lists the methods that the path has on any of its patterns, most specific first; empty where the path is unknown. */
  methodsAt(path: string, from: number, end: number): readonly string[] {
    const methods = new Set<string>()
    collect(this.#root, path, from, end, methods)
    if (methods.has('GET')) methods.add('HEAD')
    return [...methods]
  }

  #search(node: Node<T>, method: string, path: string, from: number, end: number, depth: number): Leaf<T> | undefined {
    if (from > end) return pick(node.here, method) ?? pick(node.rest, method)
    const stop = endOfSegment(path, from, end)
    const segment = path.slice(from, stop)
    const literal = node.literals?.get(segment)
    if (literal !== undefined) {
      const leaf = this.#search(literal, method, path, stop + 1, end, depth)
      if (leaf !== undefined) return leaf
    }
    if (node.parameter !== undefined && segment !== '') {
      const leaf = this.#search(node.parameter, method, path, stop + 1, end, depth + 1)
      if (leaf !== undefined) {
        this.#captured[depth] = segment
        return leaf
      }
    }
    return pick(node.rest, method)
  }
}

function collect<T>(node: Node<T>, path: string, from: number, end: number, into: Set<string>): void {
  if (from > end) {
    for (const method of node.here?.keys() ?? []) into.add(method)
  } else {
    const stop = endOfSegment(path, from, end)
    const segment = path.slice(from, stop)
    const literal = node.literals?.get(segment)
    if (literal !== undefined) collect(literal, path, stop + 1, end, into)
    if (node.parameter !== undefined && segment !== '') collect(node.parameter, path, stop + 1, end, into)
  }
  for (const method of node.rest?.keys() ?? []) into.add(method)
}

/** `HEAD` uses the route of `GET` (RFC 9110 section 9.3.2). */
function pick<T>(leaves: Leaves<T> | undefined, method: string): Leaf<T> | undefined {
  if (leaves === undefined) return undefined
  return leaves.get(method) ?? (method === 'HEAD' ? leaves.get('GET') : undefined) ?? leaves.get(ANY_METHOD)
}

function endOfSegment(path: string, from: number, end: number): number {
  const slash = path.indexOf('/', from)
  return slash < 0 || slash > end ? end : slash
}

function childOf<T>(children: Map<string, Node<T>>, text: string): Node<T> {
  const known = children.get(text)
  if (known !== undefined) return known
  const child = createNode<T>()
  children.set(text, child)
  return child
}

function createNode<T>(): Node<T> {
  return { literals: undefined, parameter: undefined, here: undefined, rest: undefined }
}
