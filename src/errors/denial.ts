import type { ErrorCode } from './catalogue.ts'

/** Why a request is refused. A value, never thrown: an exception in this code base is a defect. */
export interface Denial {
  readonly code: ErrorCode
  /** One sentence that is safe for the caller: no claim values, addresses, file names or causes. */
  readonly detail?: string
  /** Facts for the access log only. Never a token, key, password or query value. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>
  /** What was thrown, where something was; for the log only. */
  readonly cause?: unknown
  /** Scopes that would have been enough (RFC 6750 section 3, `scope`); only with `scope.insufficient`. */
  readonly scope?: string
  /** Methods that are served at the path; only with 405 (RFC 9110 section 15.5.6). */
  readonly allow?: readonly string[]
  /** The authentication scheme that was refused, where the entry does not say. */
  readonly scheme?: 'Basic' | 'ApiKey' | 'Bearer' | 'DPoP'
  /** Algorithms of DPoP proofs that would be taken (RFC 9449 section 7.1, `algs`). With another scheme refused: DPoP is offered beside it. */
  readonly algorithms?: readonly string[]
  /** The nonce that the next DPoP proof must hold; only with `dpop.nonce_needed` (RFC 9449 section 9). */
  readonly dpopNonce?: string
  /** Seconds for `Retry-After`; a default is used where the entry is retryable and this is absent. */
  readonly retryAfterSeconds?: number
}

export type Result<T, E = Denial> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

/** Wraps a value as a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

/** Wraps a denial as a failure. */
export function deny(
  code: ErrorCode,
  facts?: Denial['facts'],
  rest?: Omit<Denial, 'code' | 'facts'>,
): { readonly ok: false; readonly error: Denial } {
  return { ok: false, error: facts === undefined ? { code, ...rest } : { code, facts, ...rest } }
}
