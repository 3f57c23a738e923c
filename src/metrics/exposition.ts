import type { Counters, DurationSeries, RouteCounters } from './counters.ts'
import { Exposition, type Kind, type Labels } from './exposition-text.ts'
import { DURATION_BOUNDS } from './histogram.ts'
import { type RevocationGauges, writeRevocations } from './revocation-metrics.ts'

/** What is not counted but read when somebody scrapes. Times in milliseconds since the epoch. */
export interface Gauges {
  readonly version: string
  readonly nodeVersion: string
  readonly revision: string
  readonly lastReloadSuccessful: boolean
  readonly lastReloadSuccessAtMs: number | undefined
  readonly authServers: readonly KeySetGauges[]
  /** Auth servers that are asked about tokens. */
  readonly introspection?: readonly IntrospectionGauges[]
  readonly revocations?: RevocationGauges
  readonly tokenCache: { readonly hits: number; readonly misses: number }
  readonly connections: number
  readonly residentMemoryBytes: number
  readonly cpuSeconds: number
  readonly startedAtMs: number
  /** Access log lines that were dropped because their reader was too slow. */
  readonly droppedLogLines: number
  /** Targets of each API's upstream. */
  readonly upstreams: readonly UpstreamGauges[]
  /** Certificates in use; several of one alias count as the one that ends first. */
  readonly certificates: readonly { readonly store: string; readonly alias: string; readonly notAfterMs: number }[]
  readonly overload: OverloadGauges
  readonly streams: StreamGauges
}

/** The keys of one auth server. */
export interface KeySetGauges {
  readonly name: string
  readonly keys: number
  readonly fetchedAt: number | undefined
  readonly setAgeMs: number | undefined
  readonly nextAttemptAtMs: number | undefined
  readonly fetches: { readonly fetched: number; readonly unchanged: number; readonly failed: number }
  /** Tokens that named a key that had left its set. */
  readonly departedUses: number
  /** Why the set could not be kept on disk. */
  readonly copyFailure: string | undefined
}

/** One introspection endpoint, since its settings changed last. */
export interface IntrospectionGauges {
  readonly name: string
  readonly state: 'unknown' | 'ok' | 'failing' | 'shut'
  /** By result: `active`, `inactive`, `failed`. */
  readonly requests: Readonly<Record<string, number>>
  readonly cacheHits: number
}

/** One upstream and how its targets are. */
export interface UpstreamGauges {
  readonly api: string
  readonly apiVersion: string | undefined
  /** Undefined where there is no circuit breaker. */
  readonly circuit: 'closed' | 'half_open' | 'open' | undefined
  readonly retries: number
  readonly targets: readonly {
    readonly url: string
    /** Of what a target gets that was never out, from 0 to 1; 0 while it is out. */
    readonly share: number
    readonly condition: 'healthy' | 'returning' | 'ejected' | 'unhealthy'
    readonly inFlight: number
    readonly ejections: number
    readonly failedChecks: number
  }[]
}

/** Answers that go on and on, and WebSockets: open ones by kind, and by reason those that the gateway has ended. */
export interface StreamGauges {
  readonly open: Readonly<Record<string, number>>
  readonly ended: Readonly<Record<string, number>>
}

/** How near the process is to what it can carry, and what was refused for it since the start. */
export interface OverloadGauges {
  /** What requests are refused for at the moment. */
  readonly guard: string | undefined
  /** Of the last half minute. */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly heapBytes: number
  readonly heapLimitBytes: number
  readonly refusedConnections: number
  /** By what was short. */
  readonly refusedRequests: Readonly<Record<string, number>>
}

/** Media type of the text (Prometheus exposition format 0.0.4). */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Writes all metrics as Prometheus text: OpenTelemetry's names as Prometheus spells them, base units, no path, subject or address as a label. */
export function renderMetrics(counters: Counters, gauges: Gauges): string {
  const text = new Exposition()
  const routes = [counters.unrouted, ...counters.routes]
  writeDurations(text, routes)
  text.family('http_server_active_requests', 'gauge', 'Requests being handled').sample({}, counters.active)
  text.family('microgateway_connections', 'gauge', 'Open connections of callers').sample({}, gauges.connections)
  writeDecisions(text, routes)
  text.family('microgateway_applications_requests_total', 'counter', 'Requests of identified applications')
  for (const [application, count] of counters.applications) text.sample({ application }, count)
  text.family('microgateway_defects_total', 'counter', 'Exceptions that were caught: each is a defect of the gateway')
  text.sample({}, counters.defects)
  writeGauges(text, gauges)
  writeUpstreams(text, gauges.upstreams)
  writeCertificates(text, gauges.certificates)
  writeOverload(text, gauges.overload)
  writeStreams(text, gauges.streams)
  return text.toString()
}

function writeDurations(text: Exposition, routes: readonly RouteCounters[]): void {
  text.family(
    'http_server_request_duration_seconds',
    'histogram',
    'Time from the head of a request to the end of its answer',
  )
  for (const { route, series } of routes) {
    for (const byNumber of series.values()) {
      for (const one of byNumber.values()) writeHistogram(text, durationLabels(one, route), one)
    }
  }
}

function durationLabels(one: DurationSeries, route: RouteCounters['route']): Labels {
  return {
    http_request_method: one.method,
    url_scheme: one.scheme,
    http_response_status_code: one.status,
    ...(route !== undefined && { http_route: route.template }),
    ...(one.errorType !== '' && { error_type: one.errorType }),
    network_protocol_version: one.httpVersion,
    ...(route !== undefined && { microgateway_api: route.api }),
  }
}

function writeHistogram(text: Exposition, labels: Labels, { histogram }: DurationSeries): void {
  let cumulative = 0
  for (const [index, count] of histogram.buckets.entries()) {
    cumulative += count
    const bound = DURATION_BOUNDS[index]
    text.sample({ ...labels, le: bound === undefined ? '+Inf' : String(bound) }, cumulative, '_bucket')
  }
  text.sample(labels, histogram.sum, '_sum')
  text.sample(labels, cumulative, '_count')
}

function writeDecisions(text: Exposition, routes: readonly RouteCounters[]): void {
  text.family('microgateway_decisions_total', 'counter', 'Verdicts by API, auth server and reason')
  const totals = new Map<string, { labels: Labels; count: number }>()
  for (const { route, decisions } of routes) {
    for (const [authServer, byReason] of decisions) {
      for (const [reason, { allowed, count }] of byReason) {
        const labels = { api: route?.api ?? '', auth_server: authServer, decision: allowed ? 'allow' : 'deny', reason }
        const key = JSON.stringify(labels)
        totals.set(key, { labels, count: (totals.get(key)?.count ?? 0) + count })
      }
    }
  }
  for (const { labels, count } of totals.values()) text.sample(labels, count)
}

function writeGauges(text: Exposition, gauges: Gauges): void {
  text.family('microgateway_build_info', 'gauge', 'Version of the gateway and of Node.js')
  text.sample({ version: gauges.version, node: gauges.nodeVersion }, 1)
  text
    .family('microgateway_config_info', 'gauge', 'Revision of the settings in force')
    .sample({ hash: gauges.revision }, 1)
  text.family('microgateway_config_last_reload_successful', 'gauge', 'Whether the last reload took effect')
  text.sample({}, gauges.lastReloadSuccessful ? 1 : 0)
  if (gauges.lastReloadSuccessAtMs !== undefined) {
    text.family('microgateway_config_last_reload_success_timestamp_seconds', 'gauge', 'When settings last took effect')
    text.sample({}, gauges.lastReloadSuccessAtMs / 1000)
  }
  writeKeySets(text, gauges.authServers)
  writeIntrospection(text, gauges.introspection ?? [])
  if (gauges.revocations !== undefined) writeRevocations(text, gauges.revocations)
  text
    .family('microgateway_token_cache_hits_total', 'counter', 'Tokens known from before')
    .sample({}, gauges.tokenCache.hits)
  text
    .family('microgateway_token_cache_misses_total', 'counter', 'Tokens verified anew')
    .sample({}, gauges.tokenCache.misses)
  text
    .family('microgateway_log_dropped_total', 'counter', 'Log lines dropped for a slow reader')
    .sample({}, gauges.droppedLogLines)
  text.family('process_resident_memory_bytes', 'gauge', 'Resident memory').sample({}, gauges.residentMemoryBytes)
  text.family('process_cpu_seconds_total', 'counter', 'User and system CPU time').sample({}, gauges.cpuSeconds)
  text.family('process_start_time_seconds', 'gauge', 'When the process started').sample({}, gauges.startedAtMs / 1000)
}

const KEY_SET_FAMILIES: readonly [
  name: string,
  kind: Kind,
  help: string,
  read: (keySet: KeySetGauges) => number | undefined,
][] = [
  ['keys', 'gauge', 'Usable keys of an auth server', ({ keys }) => keys],
  ['last_success_timestamp_seconds', 'gauge', 'When keys were last fetched', ({ fetchedAt }) => toSeconds(fetchedAt)],
  ['age_seconds', 'gauge', 'Age of the key set in force', ({ setAgeMs }) => toSeconds(setAgeMs)],
  [
    'next_attempt_timestamp_seconds',
    'gauge',
    'When keys are fetched next',
    ({ nextAttemptAtMs }) => toSeconds(nextAttemptAtMs),
  ],
  ['refresh_failures_total', 'counter', 'Fetches of keys that failed', ({ fetches }) => fetches.failed],
  [
    'departed_key_uses_total',
    'counter',
    'Tokens that named a key that left its set',
    ({ departedUses }) => departedUses,
  ],
  ['copy_failed', 'gauge', 'Whether keys cannot be kept on disk', ({ copyFailure }) => (copyFailure ? 1 : 0)],
]

function writeKeySets(text: Exposition, keySets: readonly KeySetGauges[]): void {
  for (const [name, kind, help, read] of KEY_SET_FAMILIES) {
    text.family(`microgateway_jwks_${name}`, kind, help)
    for (const keySet of keySets) {
      const value = read(keySet)
      if (value !== undefined) text.sample({ auth_server: keySet.name }, value)
    }
  }
  text.family('microgateway_jwks_fetches_total', 'counter', 'Fetches of keys by result')
  for (const { name, fetches } of keySets) {
    for (const [result, count] of Object.entries(fetches)) text.sample({ auth_server: name, result }, count)
  }
}

function writeIntrospection(text: Exposition, endpoints: readonly IntrospectionGauges[]): void {
  text.family('microgateway_introspection_requests_total', 'counter', 'Questions about tokens, by what came of them')
  for (const { name, requests } of endpoints) {
    for (const [result, count] of Object.entries(requests)) text.sample({ auth_server: name, result }, count)
  }
  text.family('microgateway_introspection_cache_hits_total', 'counter', 'Tokens whose introspection was remembered')
  for (const { name, cacheHits } of endpoints) text.sample({ auth_server: name }, cacheHits)
  text.family('microgateway_introspection_up', 'gauge', 'Whether an introspection endpoint is asked; 0: probes only')
  for (const { name, state } of endpoints) text.sample({ auth_server: name }, state === 'shut' ? 0 : 1)
}

function toSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000
}

type TargetGauges = UpstreamGauges['targets'][number]

/** Targets are configured, so as labels they are few. */
const TARGET_FAMILIES: readonly [name: string, kind: Kind, help: string, read: (target: TargetGauges) => number][] = [
  [
    'microgateway_upstream_up',
    'gauge',
    'Whether a target is in service',
    ({ condition }) => (condition === 'healthy' || condition === 'returning' ? 1 : 0),
  ],
  [
    'microgateway_upstream_share',
    'gauge',
    'Part of its full share of requests that a target gets',
    ({ share }) => share,
  ],
  ['microgateway_upstream_active_requests', 'gauge', 'Requests under way at a target', ({ inFlight }) => inFlight],
  [
    'microgateway_upstream_ejections_total',
    'counter',
    'Times that a target was taken out for its failures',
    ({ ejections }) => ejections,
  ],
  [
    'microgateway_upstream_failed_checks_total',
    'counter',
    'Health checks of a target that failed',
    ({ failedChecks }) => failedChecks,
  ],
]

const CIRCUIT_VALUES = { closed: 0, half_open: 1, open: 2 } as const

function writeUpstreams(text: Exposition, upstreams: readonly UpstreamGauges[]): void {
  const labelled = upstreams.map(one => ({
    one,
    labels: { api: one.api, ...(one.apiVersion !== undefined && { api_version: one.apiVersion }) },
  }))
  for (const [name, kind, help, read] of TARGET_FAMILIES) {
    text.family(name, kind, help)
    for (const { one, labels } of labelled) {
      for (const target of one.targets) text.sample({ ...labels, target: target.url }, read(target))
    }
  }
  text.family('microgateway_upstream_retries_total', 'counter', 'Requests that were sent once more')
  for (const { one, labels } of labelled) text.sample(labels, one.retries)
  text.family('microgateway_upstream_circuit_state', 'gauge', 'Circuit of an upstream: 0 closed, 1 half open, 2 open')
  for (const { one, labels } of labelled) {
    if (one.circuit !== undefined) text.sample(labels, CIRCUIT_VALUES[one.circuit])
  }
}

function writeCertificates(text: Exposition, certificates: Gauges['certificates']): void {
  text.family('microgateway_certificate_expiry_timestamp_seconds', 'gauge', 'When a certificate in use ends')
  const ends = new Map<string, { labels: Labels; notAfterMs: number }>()
  for (const { store, alias, notAfterMs } of certificates) {
    const key = JSON.stringify([store, alias])
    const known = ends.get(key)
    if (known === undefined || notAfterMs < known.notAfterMs) ends.set(key, { labels: { store, alias }, notAfterMs })
  }
  for (const { labels, notAfterMs } of ends.values()) text.sample(labels, notAfterMs / 1000)
}

function writeOverload(text: Exposition, overload: OverloadGauges): void {
  const { guard, eventLoopDelayMs, refusedRequests } = overload
  text.family('microgateway_overload', 'gauge', 'Whether requests are refused, by what is short')
  for (const name of Object.keys(refusedRequests)) text.sample({ guard: name }, guard === name ? 1 : 0)
  text.family('microgateway_overload_requests_refused_total', 'counter', 'Requests refused, by what was short')
  for (const [name, count] of Object.entries(refusedRequests)) text.sample({ guard: name }, count)
  text
    .family('microgateway_connections_refused_total', 'counter', 'Connections beyond limits.max_connections')
    .sample({}, overload.refusedConnections)
  for (const name of ['p50', 'p99', 'max'] as const) {
    text
      .family(
        `nodejs_eventloop_delay_${name}_seconds`,
        'gauge',
        `Delay of the event loop in the last half minute: ${name}`,
      )
      .sample({}, eventLoopDelayMs[name] / 1000)
  }
  text.family('v8js_memory_heap_used_bytes', 'gauge', 'Used heap').sample({}, overload.heapBytes)
  text.family('v8js_memory_heap_limit_bytes', 'gauge', 'Largest heap').sample({}, overload.heapLimitBytes)
}

function writeStreams(text: Exposition, { open, ended }: StreamGauges): void {
  text.family('microgateway_streams', 'gauge', 'Answers that have lasted for a second, and WebSockets')
  for (const [kind, count] of Object.entries(open)) text.sample({ kind }, count)
  text.family('microgateway_streams_ended_total', 'counter', 'Streams that the gateway ended, by reason')
  for (const [reason, count] of Object.entries(ended)) text.sample({ reason }, count)
}
