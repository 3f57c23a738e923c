/**
 * Where verification keys come from and which ones fit a JOSE header. Keys belong to their issuer and are never tried for another.
 * Nothing in a token is fetched or trusted here: `kid` is looked up, `alg` is checked against the key.
 */
import type { KeyObject } from 'node:crypto'
import type { Denial } from '../errors/denial.ts'
import type { AsymmetricAlgorithm, HmacAlgorithm } from '../settings/model.ts'

export type JwsAlgorithm = AsymmetricAlgorithm | HmacAlgorithm

/** One usable key. Its identity (the object) is what cached verdicts hang on: a key that leaves its set is `retired`. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly key: KeyObject
  /** Algorithms that this key may verify (RFC 8725 section 3.1: bound to key type, size and `alg`). */
  readonly algorithms: ReadonlySet<JwsAlgorithm>
  /** RFC 7638 thumbprint, base64url of SHA-256. */
  readonly thumbprint: string
  /** True once the key has left its set, expired, or its source was closed. */
  readonly retired: boolean
  /** When a token was last accepted by it, in milliseconds since the epoch. Written by the verifier, read by people only. */
  lastUsedMs?: number | undefined
}

/** One key as the rotation observatory sees it. Times in milliseconds since the epoch. */
export interface ObservedKey {
  readonly kid: string | undefined
  readonly thumbprint: string
  readonly algorithms: readonly JwsAlgorithm[]
  readonly firstSeenMs: number | undefined
  readonly lastSeenMs: number | undefined
  readonly lastUsedMs: number | undefined
}

/** A key that left its set within the last day. */
export interface DepartedKey {
  readonly kid: string | undefined
  readonly thumbprint: string
  readonly leftAtMs: number
  readonly lastUsedMs: number | undefined
}

/** How the fetches of a source ended, since it was made. */
export interface FetchCounts {
  /** Brought a document, the same or another. */
  readonly fetched: number
  /** Were answered with 304. */
  readonly unchanged: number
  readonly failed: number
}

export interface KeySourceStatus {
  readonly origin: 'jwksUri' | 'discovery' | 'jwksFile' | 'certificate' | 'own' | 'none'
  readonly keys: number
  /** Milliseconds since the epoch of the last success, or undefined. */
  readonly fetchedAt: number | undefined
  readonly stale: boolean
  /** Code-like words for the last failure (`timeout`, `status 500`, `not json`, …), never a URL with credentials. */
  readonly lastFailure: string | undefined
  /** True once the source has keys or has failed to get them once: what readiness waits for. */
  readonly settled: boolean
  readonly observed: readonly ObservedKey[]
  readonly departed: readonly DepartedKey[]
  /** Tokens that named a key that had left its set. */
  readonly departedUses: number
  /** Milliseconds since the set in force was fetched; undefined without one, and where nothing is fetched. */
  readonly setAgeMs: number | undefined
  /** The rest tells of fetches; undefined, 0 or false where nothing is fetched. Milliseconds since the epoch. */
  readonly lastAttemptAtMs: number | undefined
  readonly nextAttemptAtMs: number | undefined
  readonly fetches: FetchCounts
  /** True while the set in force is the one that was kept on disk. */
  readonly restored: boolean
  /** Why the last good set could not be kept on disk; undefined where it could. */
  readonly copyFailure: string | undefined
}

/** Keys that fit, `[]` if the set is known and has none, or why it cannot be told now (`keys.unavailable`). */
export type KeyCandidates =
  | { readonly ok: true; readonly value: readonly VerificationKey[] }
  | { readonly ok: false; readonly error: Denial }

export interface KeySource {
  /**
   * Finds the keys that fit. Answers at once where the set is known; a promise only where a fetch is worth waiting for
   * (unknown `kid`, no set yet), bounded by `fetch_timeout`.
   */
  candidates(alg: JwsAlgorithm, kid: string | undefined): KeyCandidates | Promise<KeyCandidates>
  /**
   * Tells, for a token without `kid` whose signature fits no candidate, which keys have come since: it may be the first one
   * after a rotation. At most one fetch per cool-down, shared with unknown `kid`s; `[]`: nothing new.
   */
  reconsider(alg: JwsAlgorithm): KeyCandidates | Promise<KeyCandidates>
  /** Fetches now, in one flight with whoever fetches already, and resolves when that is over; not again within seconds. Never rejects. */
  refresh(): Promise<void>
  status(): KeySourceStatus
  /** Resolves when `status().settled` is true. */
  settled(): Promise<void>
  close(): Promise<void>
}
