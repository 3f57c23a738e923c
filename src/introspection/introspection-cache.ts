import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock/clock.ts'
import type { Denial, Result } from '../errors/denial.ts'
import type { IntrospectedToken } from '../tokens/accepted-token.ts'

/** Most verdicts of each kind that one auth server's cache holds. */
const MAX_ENTRIES = 10_000
/** Most octets of answers that its positive verdicts were read from. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** Ready to be returned, so that a hit allocates nothing. */
type Positive = Result<IntrospectedToken> & { readonly ok: true }
type Negative = Result<IntrospectedToken> & { readonly ok: false }

interface Entry<T> {
  readonly result: T
  /** Monotonic. */
  readonly untilMs: number
}

export interface IntrospectionCacheLimits {
  /** `remoteIntrospectionConfig.cache`. */
  readonly cacheMs: number
  /** `remoteIntrospectionConfig.inactive_cache`. */
  readonly inactiveCacheMs: number
}

/**
 * What one endpoint said of tokens, by their digest, for a short while. It says nothing of a rule: audience, scopes and application are
 * judged by each rule on the claims. Negative verdicts have their own room, so that a flood of bad tokens drives no good one out.
 */
export class IntrospectionCache {
  readonly #clock: Clock
  readonly #limits: IntrospectionCacheLimits
  readonly #positive = new LRUCache<string, Entry<Positive>>({ max: MAX_ENTRIES, maxSize: MAX_ANSWER_BYTES })
  readonly #negative = new LRUCache<string, Entry<Negative>>({ max: MAX_ENTRIES })

  constructor(clock: Clock, limits: IntrospectionCacheLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#positive.size + this.#negative.size
  }

  /** Returns the verdict that still stands; the caller rechecks the token's own times. */
  find(digest: string): Positive | Negative | undefined {
    const positive = this.#positive.get(digest)
    const entry = positive ?? this.#negative.get(digest)
    if (entry === undefined) return undefined
    if (this.#clock.monotonic() < entry.untilMs) return entry.result
    this.forget(digest)
    return undefined
  }

  /** Keeps a positive verdict for `cache`, and at most until the token's `exp`, without the skew. */
  keep(digest: string, answerBytes: number, result: Positive): void {
    const { exp } = result.value.claims
    const left = typeof exp === 'number' ? exp * 1000 - this.#clock.now() : Number.POSITIVE_INFINITY
    const lifeMs = Math.min(this.#limits.cacheMs, left)
    this.forget(digest)
    if (lifeMs <= 0) return
    const untilMs = this.#clock.monotonic() + lifeMs
    this.#positive.set(digest, { result, untilMs }, { size: Math.max(answerBytes, 1) })
  }

  /** Keeps a refusal for `inactive_cache`. */
  keepRefusal(digest: string, error: Denial): void {
    this.forget(digest)
    if (this.#limits.inactiveCacheMs <= 0) return
    const untilMs = this.#clock.monotonic() + this.#limits.inactiveCacheMs
    this.#negative.set(digest, { result: { ok: false, error }, untilMs })
  }

  forget(digest: string): void {
    this.#positive.delete(digest)
    this.#negative.delete(digest)
  }
}
