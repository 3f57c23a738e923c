import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRouteTable, type Match, type RouteEntry } from '../../src/routing/route-table.ts'

/** The rules of product.md section 4, written down as a scan over everything. */
function matchNaively(
  entries: readonly RouteEntry<string>[],
  method: string,
  host: string,
  path: string,
): Match<string> {
  const segments = split(path)
  const covering = entries.filter(entry => startsWith(segments, split(entry.basePath)))
  const ranked = [...new Set(entries.flatMap(entry => (entry.hosts.length === 0 ? [''] : entry.hosts)))]
    .filter(pattern => hostMatches(pattern, host))
    .sort((a, b) => hostRank(b) - hostRank(a))
  for (const pattern of ranked) {
    const onHost = covering.filter(entry => (pattern === '' ? entry.hosts.length === 0 : entry.hosts.includes(pattern)))
    const longest = Math.max(...onHost.map(entry => split(entry.basePath).length))
    const owners = onHost.filter(entry => split(entry.basePath).length === longest)
    if (owners.length > 0) return matchIn(owners, method, segments.slice(longest))
  }
  const isNamed = entries.length > 0 && entries.every(entry => entry.hosts.length > 0)
  return isNamed && ranked.length === 0 ? { kind: 'misdirected' } : { kind: 'not_found' }
}

function matchIn(owners: readonly RouteEntry<string>[], method: string, segments: readonly string[]): Match<string> {
  const routes = owners
    .flatMap(entry => entry.routes)
    .map((route, order) => ({ ...route, order, rank: rankOf(split(route.path), segments) }))
    .filter(route => route.rank !== undefined)
    .sort((a, b) => compare(a.rank ?? [], b.rank ?? []) || a.order - b.order)
  for (const { rank } of routes) {
    const same = routes.filter(route => compare(route.rank ?? [], rank ?? []) === 0)
    const route =
      same.find(one => one.method === method) ??
      (method === 'HEAD' ? same.find(one => one.method === 'GET') : undefined) ??
      same.find(one => one.method === 'ANY')
    if (route !== undefined)
      return { kind: 'found', value: route.value, parameters: parametersOf(route.path, segments) }
  }
  const allow = [...new Set(routes.map(route => route.method))]
  if (allow.length === 0) return { kind: 'not_found' }
  return { kind: 'method_not_allowed', allow: allow.includes('GET') ? [...new Set([...allow, 'HEAD'])] : allow }
}

/** One digit a segment, smaller is more specific; undefined where the template does not match. */
function rankOf(template: readonly string[], segments: readonly string[]): readonly number[] | undefined {
  const rank: number[] = []
  for (const [i, part] of template.entries()) {
    if (part === '*') return [...rank, 2]
    const segment = segments[i]
    if (segment === undefined) return undefined
    if (part.startsWith('{')) rank.push(1)
    else if (part === segment) rank.push(0)
    else return undefined
  }
  return template.length === segments.length ? [...rank, -1] : undefined
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function parametersOf(template: string, segments: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null)
  for (const [i, part] of split(template).entries())
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = segments[i] ?? ''
  return parameters
}

function split(path: string): string[] {
  return path.split('/').filter(part => part !== '')
}

function startsWith(segments: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, i) => segments[i] === part)
}

function hostMatches(pattern: string, host: string): boolean {
  if (pattern === '') return true
  return pattern.startsWith('*.')
    ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1
    : host === pattern
}

function hostRank(pattern: string): number {
  return pattern === '' ? 0 : pattern.startsWith('*.') ? pattern.length : 1000
}

const word = fc.constantFrom('a', 'b', 'ab', 'constructor')
const host = fc.constantFrom('a.t', 'b.t', 'x.a.t', 't', 'other')
const hostPattern = fc.constantFrom('a.t', 'b.t', '*.t', '*.a.t')
const method = fc.constantFrom('GET', 'POST', 'ANY', 'HEAD')
const path = fc
  .tuple(fc.array(word, { maxLength: 4 }), fc.boolean())
  .map(([words, slash]) => `/${words.join('/')}${slash && words.length > 0 ? '/' : ''}`)
const template = fc
  .tuple(fc.array(fc.oneof(word, fc.constant('{}')), { maxLength: 3 }), fc.boolean())
  .map(([parts, rest]) => [...parts.map((part, i) => (part === '{}' ? `{p${i}}` : part)), ...(rest ? ['*'] : [])])
  .map(parts => `/${parts.join('/')}`)
const entries = fc.array(
  fc.record({
    hosts: fc.uniqueArray(hostPattern, { maxLength: 2 }),
    basePath: fc.array(word, { maxLength: 2 }).map(words => `/${words.join('/')}`),
    routes: fc.array(fc.record({ method, path: template }), { maxLength: 5 }),
  }),
  { maxLength: 5 },
)

test('the table finds what a scan over all entries finds', () => {
  fc.assert(
    fc.property(
      entries,
      fc.array(fc.tuple(method, host, path), { minLength: 10, maxLength: 10 }),
      (drawn, requests) => {
        const numbered = drawn.map((entry, e) => ({
          ...entry,
          routes: entry.routes.map((route, r) => ({ ...route, value: `${e}.${r}` })),
        }))
        const table = createRouteTable(numbered)
        for (const [name, at, where] of requests) {
          const found = table.match(name, at, where)
          const expected = matchNaively(numbered, name, at, where)
          assert.deepEqual(comparable(found), comparable(expected))
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

function comparable(match: Match<string>): unknown {
  if (match.kind === 'found') return { ...match, parameters: { ...match.parameters } }
  return match.kind === 'method_not_allowed' ? { ...match, allow: [...match.allow].sort() } : match
}

test('twenty thousand routes are matched like one: the work is in the path, not in their number', () => {
  const many = Array.from({ length: 1_000 }, (_, i) => ({
    hosts: [],
    basePath: `/api${i}`,
    routes: Array.from({ length: 20 }, (__, j) => ({ method: 'GET', path: `/r${j}/{id}`, value: `${i}.${j}` })),
  }))
  const table = createRouteTable(many)
  const found = table.match('GET', 'h', '/api999/r19/7')
  assert.ok(found.kind === 'found')
  assert.equal(found.value, '999.19')
})
