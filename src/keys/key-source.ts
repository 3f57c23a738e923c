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
}

export interface KeySourceStatus {
  readonly origin: 'jwksUri' | 'jwksFile' | 'certificate' | 'own' | 'none'
  readonly keys: number
  /** Milliseconds since the epoch of the last success, or undefined. */
  readonly fetchedAt: number | undefined
  readonly stale: boolean
  /** Code-like words for the last failure (`timeout`, `status 500`, `not json`, …), never a URL with credentials. */
  readonly lastFailure: string | undefined
  /** True once the source has keys or has failed to get them once: what readiness waits for. */
  readonly settled: boolean
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
  status(): KeySourceStatus
  /** Resolves when `status().settled` is true. */
  settled(): Promise<void>
  close(): Promise<void>
}
