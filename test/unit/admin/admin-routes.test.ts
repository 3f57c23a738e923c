import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AdminRoute, listAdminRoutes } from '../../../src/admin/admin-routes.ts'
import type { AdminView, AuthServerView, ListenerView, OverloadView } from '../../../src/admin/admin-view.ts'
import type { Schedule } from '../../../src/clock/schedule.ts'
import type { KeySourceStatus } from '../../../src/keys/key-source.ts'
import type { AdminApiSettings, Settings } from '../../../src/settings/model.ts'
import { Secret } from '../../../src/settings/secret.ts'
import { createStore } from '../../../src/state/store.ts'
import { createKeptRevocations } from '../../../src/tokens/kept-revocations.ts'
import { createTestClock, TEST_START_MS } from '../../support/clock.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { sampleKeyStatus } from '../../support/sample-key-status.ts'
import { SAMPLE_APPLICATION, sampleSettings } from '../../support/sample-settings.ts'
import { sampleUpstream } from '../../support/sample-upstream.ts'

const KEYS = sampleKeyStatus()
const LISTENER: ListenerView = { kind: 'http', url: 'http://127.0.0.1:4485', accepting: true, connections: 2 }

interface World {
  draining: boolean
  settings: Settings | undefined
  listeners: ListenerView[]
  keys: Partial<KeySourceStatus>
  apis: string[]
  lastReload: ReturnType<AdminView['lastReload']>
  upstreams: ReturnType<AdminView['upstreams']>
  overload: OverloadView
  refresh: (authServer: string) => void
}

/** Nothing here waits: that wrong credentials are held back is a matter of their own. */
const AT_ONCE: Schedule = (_delayMs, run) => {
  run()
  return () => {}
}

/** Nothing is kept: the pages of revocations have tests of their own. */
const NOTHING_REVOKED = createKeptRevocations([], { clock: createTestClock(), store: createStore('/nowhere') })

function createWorld(
  admin: Partial<AdminApiSettings> = {},
  token: string | undefined = 'admin-token',
  schedule: Schedule = AT_ONCE,
) {
  const world: World = {
    draining: false,
    settings: sampleSettings(),
    listeners: [LISTENER],
    keys: {},
    apis: ['orders'],
    lastReload: undefined,
    upstreams: [],
    overload: { guard: undefined, refusedConnections: 0, refusedRequests: { event_loop_delay: 0, memory: 0 } },
    refresh: () => {},
  }
  const view: AdminView = {
    version: '0.1.0',
    startedAtMs: TEST_START_MS - 5000,
    draining: () => world.draining,
    inForce: () => (world.settings === undefined ? undefined : { settings: world.settings, sinceMs: TEST_START_MS }),
    listeners: () => world.listeners,
    authServers: (): AuthServerView[] => [
      { name: 'idp', issuer: 'https://idp', apis: world.apis, keys: { ...KEYS, ...world.keys } },
    ],
    upstreams: () => world.upstreams,
    certificates: () => [],
    lastReload: () => world.lastReload,
    overload: () => world.overload,
    revocations: () => ({ inSettings: 0, kept: 0, list: undefined }),
  }
  const settings: AdminApiSettings = {
    credentials: undefined,
    path: '/rest/microgateway',
    openMetrics: false,
    ...admin,
  }
  const parts = {
    view,
    clock: createTestClock(),
    schedule,
    token,
    metrics: () => 'up 1\n',
    refreshKeys: async (name: string) => world.refresh(name),
    revocations: NOTHING_REVOKED,
  }
  return { world, routes: listAdminRoutes(settings, parts) }
}

function routeAt(routes: readonly AdminRoute[], path: string): AdminRoute {
  const route = routes.find(each => each.path === path)
  assert.ok(route !== undefined, path)
  return route
}

/** Runs the policies and the target of a page, as the server does. */
async function ask(routes: readonly AdminRoute[], path: string, lines: readonly string[] = []) {
  const route = routeAt(routes, path)
  const exchange = makeExchange({ lines })
  for (const policy of route.policies) {
    const decision = await policy.evaluate(exchange)
    if (decision.kind === 'deny') return { status: 0, code: decision.denial.code, body: '' }
  }
  const reply = new FakeReply()
  await route.target.handle(exchange, reply)
  return { status: reply.status, code: undefined, body: reply.text, reply }
}

function basic(user: string, password: string): readonly string[] {
  return ['authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`]
}

const BEARER = ['authorization', 'Bearer admin-token']

test('only health is open', () => {
  const { routes } = createWorld()
  const open = routes.filter(({ policies }) => policies.length === 0).map(({ path }) => path)
  assert.deepEqual(open, ['/health/live', '/health/ready'])
  const withMetrics = createWorld({ openMetrics: true }).routes.filter(({ policies }) => policies.length === 0)
  assert.deepEqual(
    withMetrics.map(({ path }) => path),
    ['/health/live', '/health/ready', '/metrics'],
  )
})

test('without credentials in the settings, the token opens every page, as bearer or as password', async () => {
  const { routes } = createWorld()
  for (const page of ['status', 'settings', 'assets', 'metrics']) {
    const path = `/rest/microgateway/${page}`
    assert.equal((await ask(routes, path)).code, 'credentials.missing', path)
    assert.equal((await ask(routes, path, ['authorization', 'Bearer other'])).code, 'credentials.invalid', path)
    assert.equal((await ask(routes, path, basic('x', 'other'))).code, 'credentials.invalid', path)
    assert.equal((await ask(routes, path, BEARER)).status, 200, path)
    assert.equal((await ask(routes, path, basic('anybody', 'admin-token'))).status, 200, path)
  }
})

test('with credentials in the settings, only those open a page', async () => {
  const { routes } = createWorld({ credentials: { user: 'operator', password: new Secret('s3cret') } })
  const path = '/rest/microgateway/status'
  assert.equal((await ask(routes, path, basic('operator', 's3cret'))).status, 200)
  for (const lines of [basic('operator', 'wrong'), basic('wrong', 's3cret'), basic('', '')]) {
    assert.equal((await ask(routes, path, lines)).code, 'credentials.invalid')
  }
  assert.equal((await ask(routes, path, BEARER)).code, 'credentials.missing')
  assert.equal((await ask(routes, path, [...BEARER, ...BEARER])).code, 'credentials.multiple')
  assert.deepEqual(routeAt(routes, path).schemes, ['Basic'])
})

test('without token and credentials nobody gets in', async () => {
  const { routes } = createWorld({}, undefined)
  const token = listAdminRoutes(
    { credentials: undefined, path: '/p', openMetrics: false },
    {
      view: {} as AdminView,
      clock: createTestClock(),
      schedule: AT_ONCE,
      token: undefined,
      metrics: () => '',
      refreshKeys: async () => {},
      revocations: NOTHING_REVOKED,
    },
  )
  assert.ok(token.length > 0)
  for (const lines of [['authorization', 'Bearer undefined'], basic('', 'undefined'), basic('', '')]) {
    assert.equal((await ask(token, '/p/status', lines)).code, 'credentials.invalid')
  }
  assert.equal((await ask(routes, '/health/live')).status, 200)
})

test('ready means: listeners accept, settings in force, keys had or tried, and nobody said stop', async () => {
  const breakages: readonly [string, Partial<World>][] = [
    ['draining', { draining: true }],
    ['settings', { settings: undefined }],
    ['listeners', { listeners: [{ ...LISTENER, accepting: false }] }],
    ['listeners', { listeners: [] }],
    ['listeners', { listeners: [{ ...LISTENER, kind: 'admin' }] }],
    ['auth server idp', { keys: { keys: 0, settled: false } }],
  ]
  const { routes } = createWorld()
  const ready = await ask(routes, '/health/ready')
  assert.equal(ready.status, 200)
  assert.equal(JSON.parse(ready.body).status, 'ready')
  for (const [name, breakage] of breakages) {
    const broken = createWorld()
    Object.assign(broken.world, breakage)
    const answer = await ask(broken.routes, '/health/ready')
    assert.equal(answer.status, 503, name)
    const { checks } = JSON.parse(answer.body)
    assert.deepEqual(
      checks.filter((check: { ok: boolean }) => !check.ok).map((check: { name: string }) => check.name),
      [name],
    )
  }
})

test('an issuer that is down does not keep the gateway from being ready once it was tried', async () => {
  const { world, routes } = createWorld()
  world.keys = { keys: 0, settled: true, lastFailure: 'timeout' }
  const answer = await ask(routes, '/health/ready')
  assert.equal(answer.status, 200)
  assert.match(answer.body, /no keys: timeout/)
  world.keys = { keys: 0, settled: false }
  world.apis = []
  assert.equal((await ask(routes, '/health/ready')).status, 200)
})

test('live says so and looks at nothing', async () => {
  const { world, routes } = createWorld()
  world.settings = undefined
  world.draining = true
  assert.equal((await ask(routes, '/health/live')).status, 200)
})

test('the status tells what is in force and why the file on disk is not', async () => {
  const { world, routes } = createWorld()
  const problem = { code: 'config.type', severity: 'error', message: 'm' } as const
  world.lastReload = {
    result: 'refused',
    reason: 'file',
    at: TEST_START_MS,
    durationMs: 3.4,
    revision: 'abcdef012345',
    problems: [problem],
  }
  const status = JSON.parse((await ask(routes, '/rest/microgateway/status', BEARER)).body)
  assert.equal(status.state, 'ready')
  assert.equal(status.uptime_seconds, 5)
  assert.equal(status.config.revision, 'abcdef012345')
  assert.equal(status.config.on_disk_in_force, false)
  assert.equal(status.last_reload.errors, 1)
  assert.equal(status.last_reload.problems[0].code, 'config.type')
  world.draining = true
  assert.equal(JSON.parse((await ask(routes, '/rest/microgateway/status', BEARER)).body).state, 'draining')
})

test('no secret is in the settings page or in the assets', async () => {
  const { world, routes } = createWorld()
  const upstream = sampleUpstream({ targets: ['http://user:hunter2@10.0.0.1'] })
  const settings = sampleSettings()
  world.settings = {
    ...settings,
    apis: settings.apis.map(api => ({ ...api, upstream })),
    adminApi: { ...settings.adminApi, credentials: { user: 'o', password: new Secret('hunter2') } },
    applications: [
      {
        ...SAMPLE_APPLICATION,
        identifiers: { ...SAMPLE_APPLICATION.identifiers, apiKeys: [new Secret('hunter2')] },
        strategies: [
          {
            name: 's',
            authServer: 'local',
            algorithm: 'HS256',
            secret: new Secret('hunter2'),
            audience: undefined,
            pointer: '',
          },
        ],
      },
    ],
  }
  for (const page of ['settings', 'assets', 'status']) {
    const { body } = await ask(routes, `/rest/microgateway/${page}`, BEARER)
    assert.doesNotMatch(body, /hunter2|scrypt/, page)
  }
  const shown = JSON.parse((await ask(routes, '/rest/microgateway/settings', BEARER)).body)
  assert.equal(shown.users[0].passwordHash, '(secret)')
  assert.equal(shown.users[0].pointer, undefined)
  const assets = JSON.parse((await ask(routes, '/rest/microgateway/assets', BEARER)).body)
  assert.deepEqual(assets.applications[0].identifiers, ['apiKeys', 'users'])
})

test('metrics are served as Prometheus reads them', async () => {
  const { routes } = createWorld({ openMetrics: true })
  const { body, reply } = await ask(routes, '/metrics')
  assert.equal(body, 'up 1\n')
  assert.deepEqual(reply?.values('content-type'), ['text/plain; version=0.0.4; charset=utf-8'])
})

test('wrong credentials are slowed by address: others, and who was right a moment ago, are not', async () => {
  const waiting: (() => void)[] = []
  const schedule: Schedule = (_delayMs, run) => {
    waiting.push(run)
    return () => {}
  }
  const { routes } = createWorld({}, 'admin-token', schedule)
  const path = '/rest/microgateway/status'
  for (let i = 0; i < 3; i++) assert.equal((await ask(routes, path, basic('x', 'wrong'))).code, 'credentials.invalid')
  assert.equal((await ask(routes, path, BEARER)).status, 200)
  const held = ask(routes, path, basic('x', 'wrong'))
  assert.equal(waiting.length, 1)
  const inLane = [0, 1, 2, 3, 4].map(() => ask(routes, path, basic('x', 'wrong')))
  assert.equal((await ask(routes, path, basic('x', 'wrong'))).code, 'gateway.overloaded')
  assert.equal((await ask(routes, path, BEARER)).status, 200, 'the scraper beside the guesser still gets in')
  while (waiting.length > 0) {
    waiting.shift()?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  for (const one of [held, ...inLane]) assert.equal((await one).code, 'credentials.invalid')
})

test('overload is told, and is no reason to be taken out', async () => {
  const { world, routes } = createWorld()
  world.overload = { guard: 'memory', refusedConnections: 2, refusedRequests: { event_loop_delay: 0, memory: 7 } }
  const ready = await ask(routes, '/health/ready')
  assert.equal(ready.status, 200)
  assert.match(ready.body, /requests are refused: memory/)
  const status = JSON.parse((await ask(routes, '/rest/microgateway/status', BEARER)).body)
  assert.deepEqual(status.overload, {
    guard: 'memory',
    refused_connections: 2,
    refused_requests: { event_loop_delay: 0, memory: 7 },
  })
})

test('the status tells how the targets of each upstream are', async () => {
  const { world, routes } = createWorld()
  const target = { url: 'http://a', inFlight: 2, ejections: 1, failedChecks: 3, lastReason: 'status 503' }
  world.upstreams = [
    {
      api: 'orders',
      apiVersion: '1',
      circuit: 'half_open',
      retries: 7,
      targets: [{ ...target, condition: 'returning', share: 1 / 3 }],
    },
  ]
  const { upstreams } = JSON.parse((await ask(routes, '/rest/microgateway/status', BEARER)).body)
  assert.deepEqual(upstreams, [
    {
      api: 'orders',
      api_version: '1',
      circuit: 'half_open',
      retries: 7,
      targets: [
        {
          url: 'http://a',
          state: 'returning',
          share: 0.33,
          in_flight: 2,
          ejections: 1,
          failed_checks: 3,
          last_reason: 'status 503',
        },
      ],
    },
  ])
})
