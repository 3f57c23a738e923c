import { readFileSync } from 'node:fs'
import type { Clock } from '../clock/clock.ts'
import { deny } from '../errors/denial.ts'
import type { Logger } from '../log/logger.ts'
import type { KeyCandidates, KeySource, KeySourceStatus, VerificationKey } from './key-source.ts'
import { selectKeys } from './select.ts'

export interface FixedKeys {
  readonly authServer: string
  readonly origin: KeySourceStatus['origin']
  /** The keys at this moment; retired ones do not count. */
  readonly keys: () => readonly VerificationKey[]
  /** Pinned keys fit tokens with any `kid`. */
  readonly anyKid?: boolean
  readonly fetchedAt?: number
  /** Why there are no keys, in a few words. */
  readonly failure?: string
  /** Retires the keys. */
  readonly onClose?: () => void
}

/** Parts of a source that reads a file when it is created. */
export interface FileParts {
  readonly clock: Clock
  readonly logger: Logger
}

const NOTHING_FETCHED = Object.freeze({
  departed: [],
  departedUses: 0,
  setAgeMs: undefined,
  lastAttemptAtMs: undefined,
  nextAttemptAtMs: undefined,
  fetches: Object.freeze({ fetched: 0, unchanged: 0, failed: 0 }),
  restored: false,
  copyFailure: undefined,
})

/** Creates a source whose keys need no fetch: it always answers at once, and with 503 where it has no usable key. */
export function createFixedSource(fixed: FixedKeys): KeySource {
  const usable = (): readonly VerificationKey[] => fixed.keys().filter(key => !key.retired)
  return {
    candidates(alg, kid): KeyCandidates {
      const keys = usable()
      if (keys.length > 0) return { ok: true, value: selectKeys(keys, alg, kid, fixed.anyKid) }
      return deny('keys.unavailable', { authServer: fixed.authServer, reason: fixed.failure ?? 'no usable keys' })
    },
    reconsider: () => ({ ok: true, value: [] }),
    refresh: () => Promise.resolve(),
    status: () => ({
      origin: fixed.origin,
      keys: usable().length,
      fetchedAt: fixed.fetchedAt,
      stale: false,
      lastFailure: fixed.failure,
      settled: true,
      observed: usable().map(({ kid, thumbprint, algorithms, lastUsedMs }) => ({
        kid,
        thumbprint,
        algorithms: [...algorithms],
        firstSeenMs: fixed.fetchedAt,
        lastSeenMs: fixed.fetchedAt,
        lastUsedMs,
      })),
      ...NOTHING_FETCHED,
    }),
    settled: () => Promise.resolve(),
    async close() {
      fixed.onClose?.()
    },
  }
}

/** Reads a file of keys; undefined where that fails. */
export function readKeyFile(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
