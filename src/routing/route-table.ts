/**
 * A table from method, host and path to a value: exact host before the longest `*.suffix` before any host; then the longest base
 * path, which ends at a segment boundary; then the most specific path. It knows nothing of gateways and never scans a list, however
 * many entries there are. An entry owns everything below its base path: what it does not route is not found, and never falls
 * through to an entry with a shorter base path, whose rules may be weaker. `snapshot` makes it, `server` asks it.
 */
import { type PathPattern, parsePathPattern } from './path-pattern.ts'
import { type Found, RouteTrie } from './route-trie.ts'

/** The routes of one API. */
export interface RouteEntry<T> {
  /** Lower case; exact names and `*.suffix` (one or more further labels); empty: any host. */
  readonly hosts: readonly string[]
  /** `/orders`; `/` for everything. */
  readonly basePath: string
  readonly routes: readonly RouteLine<T>[]
}

/** One route: `method` is a name or `ANY`, `path` a template relative to the base path. */
export interface RouteLine<T> {
  readonly method: string
  readonly path: string
  readonly value: T
}

export type Match<T> =
  | Found<T>
  /** The path is known, the method is not (RFC 9110 section 15.5.6). */
  | { readonly kind: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly kind: 'not_found' }
  /** Every entry names its hosts and this is none of them (RFC 9110 section 15.5.20). */
  | { readonly kind: 'misdirected' }

export interface RouteTable<T> {
  /** Finds what answers. `host` is in lower case without port; `path` is canonical, so it has no empty segment. */
  match(method: string, host: string, path: string): Match<T>
}

interface BaseNode<T> {
  readonly children: Map<string, BaseNode<T>>
  routes: RouteTrie<T> | undefined
}

interface HostTable<T> {
  readonly exact: Map<string, BaseNode<T>>
  /** By suffix with its leading dot. */
  readonly suffixes: Map<string, BaseNode<T>>
  any: BaseNode<T> | undefined
}

const NOT_FOUND = Object.freeze({ kind: 'not_found' })
const MISDIRECTED = Object.freeze({ kind: 'misdirected' })

/**
 * Creates the table. Of two routes with equal host, base path, path and method the first one counts (`findOverlaps` reports them).
 * Throws on templates that are none: settings are checked before.
 */
export function createRouteTable<T>(entries: readonly RouteEntry<T>[]): RouteTable<T> {
  const hosts: HostTable<T> = { exact: new Map(), suffixes: new Map(), any: undefined }
  for (const entry of entries) {
    const base = parseBasePath(entry.basePath)
    const lines = entry.routes.map(({ method, path, value }) => ({ method, pattern: requirePattern(path), value }))
    for (const host of entry.hosts.length === 0 ? [undefined] : entry.hosts) {
      const routes = openRoutes(openHost(hosts, host), base)
      for (const { method, pattern, value } of lines) routes.add(method, pattern, value)
    }
  }
  return { match: (method, host, path) => matchHosts(hosts, method, host, path) }
}

function matchHosts<T>(hosts: HostTable<T>, method: string, host: string, path: string): Match<T> {
  let isKnown = false
  const exact = hosts.exact.get(host)
  if (exact !== undefined) {
    const match = matchBase(exact, method, path)
    if (match !== undefined) return match
    isKnown = true
  }
  if (hosts.suffixes.size > 0) {
    for (let dot = host.indexOf('.', 1); dot > 0; dot = host.indexOf('.', dot + 1)) {
      const root = hosts.suffixes.get(host.slice(dot))
      if (root === undefined) continue
      const match = matchBase(root, method, path)
      if (match !== undefined) return match
      isKnown = true
    }
  }
  if (hosts.any !== undefined) return matchBase(hosts.any, method, path) ?? NOT_FOUND
  return isKnown || (hosts.exact.size === 0 && hosts.suffixes.size === 0) ? NOT_FOUND : MISDIRECTED
}

/** Walks to the longest base path and asks its routes; undefined where no entry of this host has the path. */
function matchBase<T>(root: BaseNode<T>, method: string, path: string): Match<T> | undefined {
  const end = path.endsWith('/') ? path.length - 1 : path.length
  let node: BaseNode<T> | undefined = root
  let routes = root.routes
  let below = 1
  for (let from = 1; from <= end && node.children.size > 0; ) {
    const slash = path.indexOf('/', from)
    const stop = slash < 0 || slash > end ? end : slash
    node = node.children.get(path.slice(from, stop))
    if (node === undefined) break
    from = stop + 1
    if (node.routes !== undefined) {
      routes = node.routes
      below = from
    }
  }
  if (routes === undefined) return undefined
  const found = routes.find(method, path, below, end)
  if (found !== undefined) return found
  const allow = routes.methodsAt(path, below, end)
  return allow.length === 0 ? NOT_FOUND : { kind: 'method_not_allowed', allow }
}

function requirePattern(path: string): PathPattern {
  const pattern = parsePathPattern(path)
  if (pattern === undefined) throw new TypeError(`not a path template: ${path}`)
  return pattern
}

/** Parses a base path to its segments: a template without parameters. Throws where it is none. */
function parseBasePath(basePath: string): readonly string[] {
  const { segments, rest } = requirePattern(basePath)
  return segments.map(segment => {
    if (rest || segment.kind !== 'literal') throw new TypeError(`not a base path: ${basePath}`)
    return segment.text
  })
}

function openHost<T>(hosts: HostTable<T>, host: string | undefined): BaseNode<T> {
  if (host === undefined) {
    hosts.any ??= createBaseNode()
    return hosts.any
  }
  return host.startsWith('*.') ? openChild(hosts.suffixes, host.slice(1)) : openChild(hosts.exact, host)
}

function openRoutes<T>(root: BaseNode<T>, base: readonly string[]): RouteTrie<T> {
  const node = base.reduce((parent, segment) => openChild(parent.children, segment), root)
  node.routes ??= new RouteTrie()
  return node.routes
}

function openChild<T>(nodes: Map<string, BaseNode<T>>, name: string): BaseNode<T> {
  let node = nodes.get(name)
  if (node === undefined) {
    node = createBaseNode()
    nodes.set(name, node)
  }
  return node
}

function createBaseNode<T>(): BaseNode<T> {
  return { children: new Map(), routes: undefined }
}
