import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CountedExchange, Counters } from '../../../src/metrics/counters.ts'
import { type Gauges, renderMetrics } from '../../../src/metrics/exposition.ts'
import { sampleKeyStatus } from '../../support/sample-key-status.ts'

const GAUGES: Gauges = {
  version: '0.1.0',
  nodeVersion: '26.10.0',
  revision: 'abc',
  lastReloadSuccessful: true,
  lastReloadSuccessAtMs: 1_767_225_600_000,
  authServers: [{ ...sampleKeyStatus({ keys: 2, fetchedAt: 5000 }), name: 'idp "x"\n' }],
  introspection: [{ name: 'sso', state: 'shut', requests: { active: 1, inactive: 2, failed: 3 }, cacheHits: 4 }],
  tokenCache: { hits: 3, misses: 1 },
  certificates: [],
  upstreams: [
    {
      api: 'orders',
      apiVersion: '1',
      circuit: 'open',
      retries: 5,
      targets: [
        { url: 'http://a:1', condition: 'returning', share: 0.5, inFlight: 2, ejections: 3, failedChecks: 4 },
        { url: 'http://b:1', condition: 'ejected', share: 0, inFlight: 0, ejections: 1, failedChecks: 0 },
      ],
    },
    { api: 'open', apiVersion: undefined, circuit: undefined, retries: 0, targets: [] },
  ],
  connections: 4,
  residentMemoryBytes: 1,
  cpuSeconds: 0.5,
  startedAtMs: 1000,
  droppedLogLines: 0,
  overload: {
    guard: 'memory',
    eventLoopDelayMs: { p50: 1, p99: 20, max: 300 },
    heapBytes: 7,
    heapLimitBytes: 8,
    refusedConnections: 9,
    refusedRequests: { event_loop_delay: 0, memory: 2 },
  },
  streams: {
    open: { websocket: 2, event_stream: 1, grpc: 0, other: 3 },
    ended: { expired: 4, revoked: 5, timeout: 6 },
  },
}
const GOOD: CountedExchange = {
  method: 'GET',
  scheme: 'https',
  httpVersion: '1.1',
  status: 200,
  code: undefined,
  durationMs: 20,
  allowed: true,
  authServer: 'idp',
  application: 'app-1',
}
const ROUTE = { api: 'orders', template: '/orders/{id}' }

function linesOf(counters: Counters, start: string): string[] {
  return renderMetrics(counters, GAUGES)
    .split('\n')
    .filter(line => line.startsWith(start))
}

test('durations are cumulative buckets with a sum and a count', () => {
  const counters = new Counters()
  const route = counters.route(ROUTE)
  for (const durationMs of [1, 20, 20, 60_000]) counters.count(route, { ...GOOD, durationMs })
  const labels =
    'http_request_method="GET",url_scheme="https",http_response_status_code="200",' +
    'http_route="/orders/{id}",network_protocol_version="1.1",microgateway_api="orders"'
  const lines = linesOf(counters, 'http_server_request_duration_seconds')
  assert.ok(lines.includes(`http_server_request_duration_seconds_bucket{${labels},le="0.005"} 1`))
  assert.ok(lines.includes(`http_server_request_duration_seconds_bucket{${labels},le="0.025"} 3`))
  assert.ok(lines.includes(`http_server_request_duration_seconds_bucket{${labels},le="10"} 3`))
  assert.ok(lines.includes(`http_server_request_duration_seconds_bucket{${labels},le="+Inf"} 4`))
  assert.ok(lines.includes(`http_server_request_duration_seconds_sum{${labels}} 60.041`))
  assert.ok(lines.includes(`http_server_request_duration_seconds_count{${labels}} 4`))
})

test('decisions are told by API, auth server and reason', () => {
  const counters = new Counters()
  const [one, two] = [counters.route(ROUTE), counters.route({ ...ROUTE, template: '/orders' })]
  counters.count(one, GOOD)
  counters.count(two, GOOD)
  counters.count(two, { ...GOOD, status: 502, code: 'upstream.unreachable' })
  counters.count(two, { ...GOOD, status: 401, code: 'token.expired', allowed: false, authServer: undefined })
  counters.count(counters.unrouted, {
    ...GOOD,
    status: 404,
    code: 'route.not_found',
    allowed: false,
    authServer: undefined,
  })
  assert.deepEqual(linesOf(counters, 'microgateway_decisions_total'), [
    'microgateway_decisions_total{api="",auth_server="",decision="deny",reason="route.not_found"} 1',
    'microgateway_decisions_total{api="orders",auth_server="idp",decision="allow",reason=""} 3',
    'microgateway_decisions_total{api="orders",auth_server="",decision="deny",reason="token.expired"} 1',
  ])
})

test('invented methods share one label, and a route’s series are bounded', () => {
  const counters = new Counters()
  const route = counters.route(ROUTE)
  for (let i = 0; i < 50; i++) counters.count(route, { ...GOOD, method: `X${i}` })
  for (let i = 100; i < 600; i++) counters.count(route, { ...GOOD, status: i })
  const series = linesOf(counters, 'http_server_request_duration_seconds_count')
  assert.ok(series.length <= 101)
  assert.ok(series.some(line => line.includes('http_request_method="_OTHER"')))
  const total = series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  assert.equal(total, 550)
})

test('applications are counted, the first thousand by name', () => {
  const counters = new Counters()
  for (let i = 0; i < 1100; i++) counters.count(counters.unrouted, { ...GOOD, application: `app-${i}` })
  const lines = linesOf(counters, 'microgateway_applications_requests_total')
  assert.equal(lines.length, 1001)
  assert.ok(lines.includes('microgateway_applications_requests_total{application="_OTHER"} 100'))
})

test('a route that stays keeps its counts, one that goes leaves no trace', () => {
  const counters = new Counters()
  const stays = counters.route(ROUTE)
  const goes = counters.route({ api: 'gone', template: '/gone' })
  for (const route of [stays, goes]) counters.count(route, GOOD)
  counters.retain([counters.route(ROUTE)])
  assert.equal(counters.route(ROUTE), stays)
  assert.doesNotMatch(renderMetrics(counters, GAUGES), /gone/)
})

test('every line is a comment or a sample, and label values are escaped', () => {
  const counters = new Counters()
  counters.count(counters.route(ROUTE), GOOD)
  const text = renderMetrics(counters, GAUGES)
  assert.ok(text.endsWith('\n'))
  for (const line of text.trimEnd().split('\n')) {
    assert.match(
      line,
      /^(# (HELP|TYPE) [a-z0-9_]+ \S.*|[a-z0-9_]+(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? [0-9.e+-]+)$/,
    )
  }
  assert.match(text, /microgateway_jwks_keys\{auth_server="idp \\"x\\"\\n"\} 2/)
  const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(match => match[1])
  assert.equal(new Set(families).size, families.length)
})

test('each target of an upstream tells how it is, and each circuit breaker', () => {
  const first = '{api="orders",api_version="1",target="http://a:1"}'
  const second = '{api="orders",api_version="1",target="http://b:1"}'
  assert.deepEqual(
    linesOf(new Counters(), 'microgateway_upstream_').map(line => line.replace('microgateway_upstream_', '')),
    [
      `up${first} 1`,
      `up${second} 0`,
      `share${first} 0.5`,
      `share${second} 0`,
      `active_requests${first} 2`,
      `active_requests${second} 0`,
      `ejections_total${first} 3`,
      `ejections_total${second} 1`,
      `failed_checks_total${first} 4`,
      `failed_checks_total${second} 0`,
      'retries_total{api="orders",api_version="1"} 5',
      'retries_total{api="open"} 0',
      'circuit_state{api="orders",api_version="1"} 2',
    ],
  )
})

test('introspection endpoints are counted by what came of the questions', () => {
  assert.deepEqual(linesOf(new Counters(), 'microgateway_introspection'), [
    'microgateway_introspection_requests_total{auth_server="sso",result="active"} 1',
    'microgateway_introspection_requests_total{auth_server="sso",result="inactive"} 2',
    'microgateway_introspection_requests_total{auth_server="sso",result="failed"} 3',
    'microgateway_introspection_cache_hits_total{auth_server="sso"} 4',
    'microgateway_introspection_up{auth_server="sso"} 0',
  ])
})
