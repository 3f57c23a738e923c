import { createHmac, randomBytes } from 'node:crypto'

/** Nonces that DPoP proofs must hold (RFC 9449 section 8): a proof with one was not made long ago for later. */
export interface ProofNonces {
  /** The nonce for proofs from now on, in characters that a field value can hold. */
  current(nowMs: number): string
  /** Tells whether a nonce is the current one or the one before it. */
  isKnown(nonce: string, nowMs: number): boolean
}

/** A nonce is handed out for this long, and taken for as long again. */
const NONCE_PERIOD_MS = 5 * 60_000

/** Creates nonces that nobody outside can foresee; nothing is kept for the callers that they are handed to. */
export function createProofNonces(secret: Uint8Array = randomBytes(32)): ProofNonces {
  let known: { readonly period: number; readonly current: string; readonly previous: string } | undefined
  const nonceOf = (period: number): string =>
    createHmac('sha256', secret).update(`dpop-nonce ${period}`).digest('base64url').slice(0, 22)
  const at = (nowMs: number): { readonly current: string; readonly previous: string } => {
    const period = Math.floor(nowMs / NONCE_PERIOD_MS)
    if (known?.period !== period) known = { period, current: nonceOf(period), previous: nonceOf(period - 1) }
    return known
  }
  return {
    current: nowMs => at(nowMs).current,
    isKnown(nonce, nowMs) {
      const { current, previous } = at(nowMs)
      return nonce === current || nonce === previous
    },
  }
}
