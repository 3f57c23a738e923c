import type { Denial } from '../errors/denial.ts'
import type { RequestHead } from '../message/request-head.ts'
import type { PathRoutes, Route, Snapshot } from '../snapshot/snapshot.ts'

/** What answers a request, or why nothing does. */
export type FoundRoute =
  | { readonly kind: 'found'; readonly value: Route; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'none'; readonly denial: Denial }

const NOT_FOUND: FoundRoute = Object.freeze({ kind: 'none', denial: Object.freeze({ code: 'route.not_found' }) })
const MISDIRECTED: FoundRoute = Object.freeze({ kind: 'none', denial: Object.freeze({ code: 'request.misdirected' }) })
const NO_PARAMETERS: Readonly<Record<string, string>> = Object.freeze(Object.create(null))

/** Finds what answers a request at an API listener: the gateway's own paths first, on every host, then the APIs (product.md 4). */
export function findRoute(head: RequestHead, snapshot: Snapshot): FoundRoute {
  const builtIn = findPath(head, snapshot.builtIn)
  if (builtIn !== undefined) return builtIn
  const match = snapshot.routes.match(head.method, head.host, head.path)
  switch (match.kind) {
    case 'found':
      return match
    case 'method_not_allowed':
      return { kind: 'none', denial: { code: 'route.method_not_allowed', allow: match.allow } }
    case 'not_found':
      return NOT_FOUND
    case 'misdirected':
      return MISDIRECTED
  }
}

/** Finds what answers a request at a listener that has fixed paths only (the admin listener). */
export function findFixedRoute(head: RequestHead, paths: PathRoutes): FoundRoute {
  return findPath(head, paths) ?? NOT_FOUND
}

/** `HEAD` uses the route of `GET` (RFC 9110 section 9.3.2); one trailing slash equals none (product.md 4). */
function findPath(head: RequestHead, paths: PathRoutes): FoundRoute | undefined {
  const methods = paths.get(head.path) ?? (head.path.endsWith('/') ? paths.get(head.path.slice(0, -1)) : undefined)
  if (methods === undefined) return undefined
  const value = methods.get(head.method) ?? (head.method === 'HEAD' ? methods.get('GET') : undefined)
  if (value !== undefined) return { kind: 'found', value, parameters: NO_PARAMETERS }
  const allow = [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : [])]
  return { kind: 'none', denial: { code: 'route.method_not_allowed', allow } }
}
