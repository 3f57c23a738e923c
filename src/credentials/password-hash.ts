import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Result } from '../errors/denial.ts'

/** A parsed `scrypt:N:r:p:salt:hash` (RFC 7914); salt and hash in base64. */
export interface PasswordHash {
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
  readonly salt: Buffer
  readonly hash: Buffer
}

/** 16 MiB and five rounds: as dear as the 128 MiB that are usually advised, and small enough for a sidecar. */
const DEFAULTS = { cost: 16_384, blockSize: 8, parallelization: 5, saltBytes: 16, hashBytes: 32 } as const

/** Bounds on what a configuration may ask of the machine; the same as in `settings/secret-text.ts`, which reports them. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024
const MAX_PARALLELIZATION = 16
const MAX_BYTES = 1024

/**
 * Reads a password hash as settings hold it. The error says what is wrong, without the text itself.
 * Bounds: N a power of two, p up to 16, at most 256 MiB, salt from 8 bytes, hash from 16 bytes, each up to 1024 bytes.
 */
export function parsePasswordHash(text: string): Result<PasswordHash, string> {
  const parts = text.split(':')
  if (parts.length !== 6 || parts[0] !== 'scrypt') return refuse('it must read `scrypt:N:r:p:salt:hash`')
  const [cost, blockSize, parallelization] = parts.slice(1, 4).map(toCount)
  if (cost === undefined || blockSize === undefined || parallelization === undefined) {
    return refuse('N, r and p must be whole numbers')
  }
  if (cost < 2 || (cost & (cost - 1)) !== 0) return refuse('N must be a power of two')
  if (parallelization > MAX_PARALLELIZATION) return refuse(`p must be at most ${MAX_PARALLELIZATION}`)
  if (128 * cost * blockSize > MAX_MEMORY_BYTES) return refuse('N and r ask for more than 256 MiB of memory')
  const salt = decodeBase64(parts[4] ?? '')
  const hash = decodeBase64(parts[5] ?? '')
  if (salt === undefined || salt.length < 8) return refuse('the salt must be 8 bytes or more in base64')
  if (hash === undefined || hash.length < 16) return refuse('the hash must be 16 bytes or more in base64')
  return { ok: true, value: { cost, blockSize, parallelization, salt, hash } }
}

/** Hashes a password for `users[].password_hash`, with a new random salt (16 bytes), N = 16384, r = 8, p = 5. Runs off the loop. */
export async function hashPassword(password: string): Promise<string> {
  const { cost, blockSize, parallelization, saltBytes, hashBytes } = DEFAULTS
  const salt = randomBytes(saltBytes)
  const hash = await derive(password, { cost, blockSize, parallelization, salt, hash: Buffer.alloc(hashBytes) })
  return `scrypt:${cost}:${blockSize}:${parallelization}:${salt.toString('base64')}:${hash.toString('base64')}`
}

/** Tells whether this is the password that was hashed. Runs off the loop; the comparison takes constant time. */
export async function matchesPassword(password: string, expected: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, expected), expected.hash)
}

/** Makes a hash that no password matches but that is as dear to check as `like`: what an unknown user is compared with. */
export function createDecoyHash(like?: PasswordHash): PasswordHash {
  const { cost, blockSize, parallelization, saltBytes, hashBytes } = DEFAULTS
  return {
    cost: like?.cost ?? cost,
    blockSize: like?.blockSize ?? blockSize,
    parallelization: like?.parallelization ?? parallelization,
    salt: randomBytes(like?.salt.length ?? saltBytes),
    hash: randomBytes(like?.hash.length ?? hashBytes),
  }
}

function derive(password: string, { cost, blockSize, parallelization, salt, hash }: PasswordHash): Promise<Buffer> {
  const maxmem = 128 * cost * blockSize + 128 * blockSize * (parallelization + 2) + 1024 * 1024
  const options = { N: cost, r: blockSize, p: parallelization, maxmem }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hash.length, options, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}

function toCount(text: string): number | undefined {
  return /^[1-9][0-9]{0,7}$/.test(text) ? Number(text) : undefined
}

function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  const padded = bytes.toString('base64')
  const isExact = padded === text || padded.replace(/=+$/, '') === text
  return isExact && bytes.length <= MAX_BYTES ? bytes : undefined
}

function refuse(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}
