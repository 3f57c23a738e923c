import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiSettings, RouteSettings } from '../../../src/settings/model.ts'
import { compileSnapshot } from '../../../src/snapshot/compile.ts'
import { toRouteEntry } from '../../../src/snapshot/compile-api.ts'
import { createCompileBench } from '../../support/compile-parts.ts'
import { SAMPLE_API, sampleSettings } from '../../support/sample-settings.ts'

const ROUTE = SAMPLE_API.routes[0] as RouteSettings
const OPEN: RouteSettings = {
  ...ROUTE,
  match: { method: 'GET', path: '/open' },
  policies: { ...ROUTE.policies, identifyAndAuthorize: undefined },
}

async function compileRoutes(api: ApiSettings) {
  const settings = sampleSettings({ users: [], authServers: [], apis: [api] })
  const compiled = await compileSnapshot(settings, createCompileBench().parts)
  assert.ok(compiled.ok)
  const { routes } = compiled.value.snapshot
  return (method: string, path: string) => {
    const match = routes.match(method, 'any', path)
    return match.kind === 'found' ? match.value : assert.fail(match.kind)
  }
}

test('each route has its own policies and challenge, and all share one target', async () => {
  const find = await compileRoutes({ ...SAMPLE_API, routes: [OPEN, ROUTE] })
  const [open, closed] = [find('GET', '/orders/open'), find('GET', '/orders/closed')]
  assert.deepEqual([open.schemes, closed.schemes], [[], ['Bearer']])
  assert.ok(closed.policies.some(({ stage }) => stage === 'identifyAndAccess'))
  assert.ok(!open.policies.some(({ name }) => name === 'identify_and_authorize'))
  assert.equal(open.target, closed.target)
})

test('a template begins with the base path, and the root adds nothing to it', async () => {
  assert.equal((await compileRoutes(SAMPLE_API))('GET', '/orders/a').identity.template, '/orders/*')
  const root = { ...SAMPLE_API, basePath: '/', routes: [OPEN] }
  assert.equal((await compileRoutes(root))('GET', '/open').identity.template, '/open')
})

test('a route without a value has no line in the table', () => {
  const entry = toRouteEntry({ ...SAMPLE_API, routes: [OPEN, ROUTE] }, ['one'])
  assert.deepEqual(entry, {
    hosts: [],
    basePath: '/orders',
    routes: [{ method: 'GET', path: '/open', value: 'one' }],
  })
})

test('two versions of an API with one name are counted by their templates', async () => {
  const counted = new Set<unknown>()
  for (const basePath of ['/v1', '/v2', '/v1']) {
    const find = await compileRoutes({ ...SAMPLE_API, basePath })
    counted.add(find('GET', `${basePath}/a`).identity.template)
  }
  assert.deepEqual([...counted], ['/v1/*', '/v2/*'])
})
