import { toMs } from './resolution.ts'
import { resolveOutgoingTls } from './resolve-stores.ts'
import type { CompiledSchema } from './schema.ts'
import type { Api } from './schema-types.ts'
import type {
  CircuitBreakerSettings,
  HashKey,
  HealthCheckSettings,
  OutlierSettings,
  UpstreamSettings,
} from './upstream-settings.ts'

/** The block as the schema describes it, defaults filled in. */
export type UpstreamBlock = Exclude<Api['upstream'], string>

/** Resolves where the calls of an API go: the echo service, one URL (the short form), or a block. */
export function resolveUpstream(
  written: Api['upstream'],
  pointer: string,
  defaults: Omit<UpstreamBlock, 'targets'>,
): UpstreamSettings {
  if (written === 'builtin:echo') return { kind: 'echo' }
  const upstream = typeof written === 'string' ? { ...defaults, targets: [written] } : written
  return {
    kind: 'http',
    targets: upstream.targets.map(target => toTarget(new URL(target))),
    balance: upstream.balance,
    hashOn: toHashKey(upstream.hash_on),
    stripBasePath: upstream.strip_base_path,
    connectTimeoutMs: toMs(upstream.connect_timeout),
    responseTimeoutMs: toMs(upstream.response_timeout),
    idleTimeoutMs: toMs(upstream.idle_timeout),
    streamTimeoutMs: toMs(upstream.stream_timeout),
    maxConnections: upstream.max_connections,
    maxPending: upstream.max_pending,
    retry: { attempts: upstream.retry.attempts, budgetPercent: upstream.retry.budget },
    healthCheck: upstream.health_check && resolveHealthCheck(upstream.health_check),
    outliers: resolveOutliers(upstream.outliers),
    circuitBreaker: upstream.circuit_breaker && resolveCircuitBreaker(upstream.circuit_breaker),
    protocol: upstream.protocol,
    tls: resolveOutgoingTls(upstream.tls, `${pointer}/tls`),
    pointer,
  }
}

/** The short form has no block that the schema could fill its defaults into. */
export function upstreamDefaults(schema: CompiledSchema): Omit<UpstreamBlock, 'targets'> {
  return defaultsAt(schema, ['apis', '0', 'upstream']) as Omit<UpstreamBlock, 'targets'>
}

/** The default of each key; a block with a default of its own is filled as the schema would. */
function defaultsAt(schema: CompiledSchema, path: readonly string[]): Record<string, unknown> {
  const keys = schema.schemaAt(path)?.properties ?? []
  const filled = keys.map(key => {
    const inner = [...path, key]
    const value = schema.schemaAt(inner)?.default
    return [key, typeof value === 'object' && value !== null ? defaultsAt(schema, inner) : value] as const
  })
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined))
}

function toTarget(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, '')
}

function toHashKey(written: string): HashKey {
  if (written.startsWith('header:')) return { kind: 'header', name: written.slice('header:'.length).toLowerCase() }
  return { kind: written === 'application' || written === 'subject' ? written : 'client_address' }
}

function resolveHealthCheck(check: NonNullable<UpstreamBlock['health_check']>): HealthCheckSettings {
  const [from, to = from] = check.status.split('-').map(Number)
  return {
    path: check.path,
    intervalMs: toMs(check.interval),
    timeoutMs: toMs(check.timeout),
    unhealthyAfter: check.unhealthy_after,
    healthyAfter: check.healthy_after,
    statusFrom: from ?? 200,
    statusTo: to ?? 299,
  }
}

function resolveOutliers(outliers: UpstreamBlock['outliers']): OutlierSettings {
  return {
    failures: outliers.failures,
    ejectionMs: toMs(outliers.ejection),
    maxEjectedPercent: outliers.max_ejected,
    slowReturnMs: toMs(outliers.slow_return),
  }
}

function resolveCircuitBreaker(breaker: NonNullable<UpstreamBlock['circuit_breaker']>): CircuitBreakerSettings {
  return {
    failureRatioPercent: breaker.failure_ratio,
    minRequests: breaker.min_requests,
    windowMs: toMs(breaker.window),
    openForMs: toMs(breaker.open_for),
  }
}
