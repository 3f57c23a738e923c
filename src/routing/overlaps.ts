import { parsePathPattern, shapeOf } from './path-pattern.ts'
import type { RouteEntry } from './route-table.ts'

/** Index of an entry, and of a route in it. */
export type RoutePlace = readonly [entry: number, route: number]

/** Two routes of which the second one is never reached, in whole or (duplicates on some hosts) in part. */
export interface Overlap {
  /** The route that answers. With `shadowed` it is the first route of the API that takes the path over. */
  readonly first: RoutePlace
  readonly second: RoutePlace
  /** `duplicate`: same host, base path, path and method. `shadowed`: an API with a longer base path owns the path on every host. */
  readonly kind: 'duplicate' | 'shadowed'
}

/**
 * Finds routes that another one hides, for `check`. Each hidden route is reported once, with the route that hides it first.
 * Entries whose templates cannot be parsed are left out: they are reported elsewhere.
 */
export function findOverlaps(entries: readonly RouteEntry<unknown>[]): readonly Overlap[] {
  const bases = entries.map(entry => shapeOfPath(entry.basePath))
  const owners = indexOwners(entries, bases)
  const taken = new Map<string, RoutePlace>()
  const overlaps: Overlap[] = []
  entries.forEach((entry, e) => {
    const base = bases[e]
    if (base === undefined) return
    entry.routes.forEach((route, r) => {
      const shape = shapeOfPath(route.path)
      if (shape === undefined) return
      const first =
        takeDuplicate(taken, hostsOf(entry), `${base}\n${shape}\n${route.method}`, [e, r]) ??
        findShadow(owners, hostsOf(entry), base, shape)
      if (first === undefined) return
      overlaps.push({ first: first.place, second: [e, r], kind: first.kind })
    })
  })
  return overlaps
}

interface Hider {
  readonly place: RoutePlace
  readonly kind: Overlap['kind']
}

function takeDuplicate(
  taken: Map<string, RoutePlace>,
  hosts: readonly string[],
  route: string,
  place: RoutePlace,
): Hider | undefined {
  let hider: Hider | undefined
  for (const host of hosts) {
    const key = `${host}\n${route}`
    const first = taken.get(key)
    if (first === undefined) taken.set(key, place)
    else hider ??= { place: first, kind: 'duplicate' }
  }
  return hider
}

/** Finds an API that owns a longer part of the route's literal beginning, on each of the route's hosts. */
function findShadow(
  owners: ReadonlyMap<string, number>,
  hosts: readonly string[],
  base: string,
  shape: string,
): Hider | undefined {
  let owner: number | undefined
  for (const host of hosts) {
    const found = findOwner(owners, host, base, shape)
    if (found === undefined) return undefined
    owner ??= found
  }
  return owner === undefined ? undefined : { place: [owner, 0], kind: 'shadowed' }
}

function findOwner(owners: ReadonlyMap<string, number>, host: string, base: string, shape: string): number | undefined {
  let prefix = base
  for (const segment of shape.split('/').slice(1)) {
    if (segment === '{}' || segment === '*') return undefined
    prefix += `/${segment}`
    const owner = owners.get(`${host}\n${prefix}`)
    if (owner !== undefined) return owner
  }
  return undefined
}

function indexOwners(
  entries: readonly RouteEntry<unknown>[],
  bases: readonly (string | undefined)[],
): ReadonlyMap<string, number> {
  const owners = new Map<string, number>()
  entries.forEach((entry, e) => {
    for (const host of hostsOf(entry)) {
      const key = `${host}\n${bases[e]}`
      if (bases[e] !== undefined && !owners.has(key)) owners.set(key, e)
    }
  })
  return owners
}

/** The hosts of an entry; one empty name stands for any host. */
function hostsOf(entry: RouteEntry<unknown>): readonly string[] {
  return entry.hosts.length === 0 ? [''] : [...new Set(entry.hosts)]
}

function shapeOfPath(path: string): string | undefined {
  const pattern = parsePathPattern(path)
  return pattern === undefined ? undefined : shapeOf(pattern)
}
