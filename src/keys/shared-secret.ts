import { createSecretKey } from 'node:crypto'
import type { HmacAlgorithm } from '../settings/model.ts'
import { createVerificationKey, type HeldKey } from './verification-key.ts'

/** Octets of the hash, and so the least length of a key (RFC 7518 section 3.2). */
const LEAST_OCTETS: Readonly<Record<HmacAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }

/**
 * Makes the verification key of an application's strategy: it verifies its one algorithm and no other. Throws a RangeError where
 * the secret is shorter than the hash: settings are checked before, so that is a defect.
 */
export function createSharedSecretKey(octets: Uint8Array, algorithm: HmacAlgorithm): HeldKey {
  if (octets.byteLength < LEAST_OCTETS[algorithm]) throw new RangeError('secret shorter than the hash')
  return createVerificationKey({
    kid: undefined,
    key: createSecretKey(octets),
    algorithms: new Set([algorithm]),
    // A thumbprint of a secret could be tried against guesses (RFC 7638 section 7), so it has none.
    thumbprint: '',
  })
}
