import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counters } from '../../../src/metrics/counters.ts'
import { type FoundRoute, findFixedRoute, findRoute } from '../../../src/server/find-route.ts'
import { compileFixedRoute } from '../../../src/snapshot/compile-built-in.ts'
import type { PathRoutes, Route } from '../../../src/snapshot/snapshot.ts'
import { makeExchange } from '../../support/exchange.ts'
import { makeSnapshot } from '../../support/make-snapshot.ts'

function route(name: string): Route {
  const target = { handle: () => assert.fail('finding asks nobody') }
  return compileFixedRoute('GET', name, target, new Counters())
}

const own = route('own')
const post = route('post')
const api = route('api')
const BUILT_IN: PathRoutes = new Map([
  ['/keys', new Map([['GET', own]])],
  ['/token', new Map([['POST', post]])],
])
const snapshot = makeSnapshot({
  builtIn: BUILT_IN,
  entries: [{ hosts: ['api.example.com'], basePath: '/', routes: [{ method: 'PUT', path: '/*', value: api }] }],
})

function find(method: string, path: string, host = 'api.example.com'): FoundRoute {
  return findRoute(makeExchange({ method, path, head: { host } }).head, snapshot)
}

function wordOf(found: FoundRoute): string {
  return found.kind === 'found' ? found.value.identity.template : found.denial.code
}

test("the gateway's own paths win on every host, before an API that would match", () => {
  assert.equal(wordOf(find('GET', '/keys')), 'own')
  assert.equal(wordOf(find('GET', '/keys', 'other.example.com')), 'own')
  assert.equal(wordOf(find('PUT', '/keys')), 'route.method_not_allowed', 'and do not fall through by method')
  assert.equal(wordOf(find('PUT', '/keys2')), 'api')
  assert.equal(wordOf(find('PUT', '/keys/more')), 'api')
})

test('one trailing slash equals none, and two are another path', () => {
  assert.equal(wordOf(find('GET', '/keys/')), 'own')
  assert.equal(wordOf(find('PUT', '/keys//')), 'api')
})

test('HEAD uses the route of GET, and no other', () => {
  assert.equal(wordOf(find('HEAD', '/keys')), 'own')
  const refused = find('HEAD', '/token')
  assert.deepEqual(refused, { kind: 'none', denial: { code: 'route.method_not_allowed', allow: ['POST'] } })
  const allow = find('DELETE', '/keys')
  assert.deepEqual(allow.kind === 'none' && allow.denial.allow, ['GET', 'HEAD'])
})

test('what nothing answers is told apart', () => {
  assert.equal(wordOf(find('GET', '/orders')), 'route.method_not_allowed')
  assert.equal(wordOf(find('GET', '/orders', 'other.example.com')), 'request.misdirected')
  const nothing = findRoute(makeExchange().head, makeSnapshot())
  assert.equal(wordOf(nothing), 'route.not_found')
})

test('a listener of fixed paths has nothing else', () => {
  const { head } = makeExchange({ method: 'PUT', path: '/orders' })
  assert.equal(wordOf(findFixedRoute(head, BUILT_IN)), 'route.not_found')
  assert.equal(wordOf(findFixedRoute(makeExchange({ path: '/keys' }).head, BUILT_IN)), 'own')
})
