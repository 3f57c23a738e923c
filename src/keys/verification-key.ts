import { createHash, type KeyObject } from 'node:crypto'
import type { VerificationKey } from './key-source.ts'

/** What makes a verification key, before anybody holds it. */
export type KeyMaterial = Omit<VerificationKey, 'retired' | 'lastUsedMs'>

/** A verification key together with the right to retire it; only its source has that. */
export interface HeldKey extends VerificationKey {
  retire(): void
}

/**
 * Makes a key that is good until it is retired, or for as long as `isOver` says no (an expired certificate, a key set that
 * is too old): every use asks again, so cached verdicts end with their key.
 */
export function createVerificationKey(material: KeyMaterial, isOver: () => boolean = never): HeldKey {
  let left = false
  return {
    kid: material.kid,
    key: material.key,
    algorithms: material.algorithms,
    thumbprint: material.thumbprint,
    lastUsedMs: undefined,
    get retired() {
      return left || isOver()
    },
    retire() {
      left = true
    },
  }
}

/** Computes the RFC 7638 thumbprint of a public key: base64url of SHA-256. Types without a JWK form hash their DER form. */
export function thumbprintOf(key: KeyObject): string {
  const hash = createHash('sha256')
  if (key.asymmetricKeyType === 'rsa-pss')
    return hash.update(key.export({ format: 'der', type: 'spki' })).digest('base64url')
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' })
  // Members in the order of their code points (RFC 7638 section 3.3); JSON leaves out those that are undefined.
  return hash.update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url')
}

function never(): boolean {
  return false
}
