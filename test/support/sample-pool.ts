import type { PoolSettings } from '../../src/upstream/pool.ts'

/** Settings of the connections to one target as tests want them: short timeouts, changed as a test needs. */
export function samplePool(changes: Partial<PoolSettings> = {}): PoolSettings {
  return {
    origin: 'http://127.0.0.1:1',
    protocol: 'http1',
    connectTimeoutMs: 1000,
    responseTimeoutMs: 1000,
    silenceMs: 300_000,
    maxConnections: 1024,
    maxPending: 256,
    ...changes,
  }
}
