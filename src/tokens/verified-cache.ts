import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { KeySource } from '../keys/key-source.ts'
import type { VerifiedJwt } from './jwt.ts'

/** A verdict that was reached once: the token, and which rules it passed. */
export interface VerifiedEntry {
  /** The rules of its auth server, in full; other rules need a verdict of their own. */
  readonly rules: string
  /** What chose its HMAC key, where it has one; undefined for asymmetric tokens. */
  readonly hmacCandidates: unknown
  /** Ready to be returned, so that a hit allocates nothing. */
  readonly result: { readonly ok: true; readonly value: VerifiedJwt }
}

/**
 * Verdicts on tokens, positive ones only, bounded in number and in octets of token text. An entry means nothing without the
 * checks of `verify.ts` on each hit: same rules, key still in its set, time. Several verifiers may share one cache.
 */
export interface VerifiedTokenCache {
  find(digest: string): VerifiedEntry | undefined
  keep(digest: string, tokenBytes: number, entry: VerifiedEntry): void
  forget(digest: string): void
  /** Takes another bound over (`limits.max_cached_tokens`); what was used longest ago goes first. */
  resize(maxEntries: number): void
  /** Names a key source, the same one always by the same number. */
  numberOf(source: KeySource): number
  readonly size: number
  /** How often a verdict stood, and how often one had to be reached anew. Counted by `verify.ts`, which alone knows. */
  readonly uses: { hits: number; misses: number }
}

export interface VerifiedTokenCacheLimits {
  /** Most entries. 10,000 by default. */
  readonly maxEntries?: number
  /** Most octets of token text that the entries stand for. 1,678 for each entry by default: 16 MiB for 10,000. */
  readonly maxTokenBytes?: number
}

const DEFAULT_ENTRIES = 10_000
/** Octets of token text for each entry, on average. */
const MAX_BYTES_EACH = 1_678

/** Creates an empty cache. */
export function createVerifiedTokenCache(limits: VerifiedTokenCacheLimits = {}): VerifiedTokenCache {
  let max = limits.maxEntries ?? DEFAULT_ENTRIES
  const create = (): LRUCache<string, VerifiedEntry> =>
    new LRUCache({ max, maxSize: limits.maxTokenBytes ?? max * MAX_BYTES_EACH })
  let entries = create()
  const numbers = new WeakMap<KeySource, number>()
  let count = 0
  return {
    find: digest => entries.get(digest),
    keep(digest, tokenBytes, entry) {
      entries.set(digest, entry, { size: tokenBytes })
    },
    forget(digest) {
      entries.delete(digest)
    },
    resize(maxEntries) {
      if (maxEntries === max) return
      max = maxEntries
      const kept = entries.dump()
      entries = create()
      entries.load(kept)
    },
    numberOf(source) {
      let number = numbers.get(source)
      if (number === undefined) {
        count += 1
        number = count
        numbers.set(source, number)
      }
      return number
    },
    get size() {
      return entries.size
    },
    uses: { hits: 0, misses: 0 },
  }
}

/** Computes what a token is cached under: SHA-256 of the whole text, never of a part (CVE-2026-35039). */
export function digestOf(compact: string): string {
  return hash('sha256', compact, 'base64url')
}
