import type { Counters, DurationSeries, RouteCounters } from './counters.ts'
import { DURATION_BOUNDS } from './histogram.ts'

/** What is not counted but read when somebody scrapes. Times in milliseconds since the epoch. */
export interface Gauges {
  readonly version: string
  readonly nodeVersion: string
  readonly revision: string
  readonly lastReloadSuccessful: boolean
  readonly lastReloadSuccessAtMs: number | undefined
  readonly authServers: readonly {
    readonly name: string
    readonly keys: number
    readonly fetchedAt: number | undefined
  }[]
  readonly tokenCache: { readonly hits: number; readonly misses: number }
  readonly connections: number
  readonly residentMemoryBytes: number
  readonly cpuSeconds: number
  readonly startedAtMs: number
  /** Access log lines that were dropped because their reader was too slow. */
  readonly droppedLogLines: number
}

/** Media type of the text (Prometheus exposition format 0.0.4). */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

type Labels = Readonly<Record<string, string>>
type Kind = 'counter' | 'gauge' | 'histogram'

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
  writeGauges(text, gauges)
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
  text.family('microgateway_jwks_keys', 'gauge', 'Usable keys of an auth server')
  for (const { name, keys } of gauges.authServers) text.sample({ auth_server: name }, keys)
  text.family('microgateway_jwks_last_success_timestamp_seconds', 'gauge', 'When keys were last fetched')
  for (const { name, fetchedAt } of gauges.authServers) {
    if (fetchedAt !== undefined) text.sample({ auth_server: name }, fetchedAt / 1000)
  }
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

/** The lines of the text format; a sample belongs to the family that was opened last. */
class Exposition {
  readonly #lines: string[] = []
  #family = ''

  family(name: string, kind: Kind, help: string): this {
    this.#family = name
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`)
    return this
  }

  sample(labels: Labels, value: number, suffix = ''): this {
    const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escapeLabel(text)}"`)
    this.#lines.push(`${this.#family}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`)
    return this
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

function escapeLabel(text: string): string {
  return text.replaceAll(/[\\"\n]/g, character => (character === '\n' ? '\\n' : `\\${character}`))
}
