import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Compares two secrets in a time that depends on neither's content nor on whether their lengths agree.
 * Both are hashed first, because `timingSafeEqual` wants equal lengths.
 */
export function isSameSecret(presented: string, expected: string): boolean {
  return timingSafeEqual(sha256(presented), sha256(expected))
}

/** Turns a secret into a name under which it can be looked up, or remembered, without keeping it. */
export type SecretDigest = (secret: string) => string

/**
 * Creates a keyed hash (SHA-256 behind a random prefix that never leaves the process, as its digests never do). Because nobody outside can predict the digest,
 * a look-up by it in an ordinary map tells nothing through its timing, and a memory dump holds no reversible hash of a weak password.
 */
export function createSecretDigest(): SecretDigest {
  const key = randomBytes(32).toString('hex')
  return secret => hash('sha256', key + secret, 'base64')
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
