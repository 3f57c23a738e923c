import type { KeySourceStatus } from '../../src/keys/key-source.ts'

/** Makes the status of a source with one key of our own, changed as planned. */
export function sampleKeyStatus(changes: Partial<KeySourceStatus> = {}): KeySourceStatus {
  return {
    origin: 'own',
    keys: 1,
    fetchedAt: undefined,
    stale: false,
    lastFailure: undefined,
    settled: true,
    observed: [],
    departed: [],
    departedUses: 0,
    setAgeMs: undefined,
    lastAttemptAtMs: undefined,
    nextAttemptAtMs: undefined,
    fetches: { fetched: 0, unchanged: 0, failed: 0 },
    restored: false,
    copyFailure: undefined,
    ...changes,
  }
}
