import { createSecretKey } from 'node:crypto'
import type { Result } from '../errors/denial.ts'
import type { HmacAlgorithm } from '../settings/model.ts'
import { createVerificationKey, type HeldKey } from './verification-key.ts'

/** Octets of the hash, and so the least length of a key (RFC 7518 section 3.2). */
const LEAST_OCTETS: Readonly<Record<HmacAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }

/**
 * Makes the verification key of an application's strategy: it verifies its one algorithm and no other. The error is a few
 * words. Retire the key when its strategy goes: cached verdicts end with it.
 */
export function createSharedSecretKey(octets: Uint8Array, algorithm: HmacAlgorithm): Result<HeldKey, string> {
  if (octets.byteLength < LEAST_OCTETS[algorithm]) return { ok: false, error: 'secret shorter than the hash' }
  return {
    ok: true,
    value: createVerificationKey({
      kid: undefined,
      key: createSecretKey(octets),
      algorithms: new Set([algorithm]),
      // A thumbprint of a secret could be tried against guesses (RFC 7638 section 7), so it has none.
      thumbprint: '',
    }),
  }
}
