import type { HttpUpstreamSettings } from '../../src/settings/upstream-settings.ts'

/** Settings of an upstream as the schema's defaults make them, changed as a test needs. */
export function sampleUpstream(changes: Partial<HttpUpstreamSettings> = {}): HttpUpstreamSettings {
  return {
    kind: 'http',
    targets: ['http://127.0.0.1:1'],
    balance: 'round_robin',
    hashOn: { kind: 'client_address' },
    stripBasePath: false,
    connectTimeoutMs: 1000,
    responseTimeoutMs: 15_000,
    idleTimeoutMs: 300_000,
    streamTimeoutMs: 86_400_000,
    maxConnections: 1024,
    maxPending: 256,
    retry: { attempts: 1, budgetPercent: 20 },
    healthCheck: undefined,
    outliers: { failures: 5, ejectionMs: 10_000, maxEjectedPercent: 50, slowReturnMs: 30_000 },
    circuitBreaker: undefined,
    protocol: 'http1',
    tls: undefined,
    pointer: '/apis/0/upstream',
    ...changes,
  }
}
