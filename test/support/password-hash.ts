import { scryptSync } from 'node:crypto'

const SALT = Buffer.alloc(16, 7)

/**
 * Hashes a password as a configuration holds it, at a fraction of what a real hash costs (N = 1024 by default): tests check many, and
 * few are about the strength of scrypt.
 */
export function makePasswordHash(password: string, cost = 1024, blockSize = 8, parallelization = 1): string {
  const hash = scryptSync(password, SALT, 32, { N: cost, r: blockSize, p: parallelization })
  return `scrypt:${cost}:${blockSize}:${parallelization}:${SALT.toString('base64')}:${hash.toString('base64')}`
}
