import type { HmacAlgorithm } from './model.ts'
import { type Parsed, parsed, unparsable } from './parsed.ts'

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const HASH_HELP = 'make one with `microgateway hash-password`'
const ENCODED = '{encoded}'

/** Decodes standard base64 (RFC 4648 section 4), with or without padding; undefined where it is anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  if (!BASE64.test(text)) return undefined
  const octets = Buffer.from(text, 'base64')
  const bare = text.replace(/=+$/, '')
  if (octets.toString('base64').replace(/=+$/, '') !== bare) return undefined
  return text === bare || text.length % 4 === 0 ? octets : undefined
}

/** Octets that a key for HMAC must have at least: those of the hash (RFC 7518 section 3.2). */
export function minimumSecretLength(algorithm: HmacAlgorithm): number {
  return { HS256: 32, HS384: 48, HS512: 64 }[algorithm]
}

/** Tells whether a password is written in the product's `{encoded}` form: base64, not encryption. */
export function isEncodedPassword(text: string): boolean {
  return text.startsWith(ENCODED)
}

/** Returns the password that a setting stands for; undefined where `{encoded}` is followed by something that is not base64 of UTF-8. */
export function plainPassword(text: string): string | undefined {
  if (!isEncodedPassword(text)) return text
  const octets = decodeBase64(text.slice(ENCODED.length))
  const password = octets?.toString('utf8')
  return password === undefined || password === '' || password.includes('\ufffd') ? undefined : password
}

/** Checks a password hash `scrypt:N:r:p:salt:hash` (salt and hash in base64), within what one check may cost. */
export function parsePasswordHash(text: string): Parsed<string> {
  const parts = text.split(':')
  const [scheme, n = '', r = '', p = '', salt = '', hash = ''] = parts
  if (scheme !== 'scrypt' || parts.length !== 6) return unparsable('is not `scrypt:N:r:p:salt:hash`', HASH_HELP)
  if (![n, r, p].every(number => /^[1-9]\d{0,15}$/.test(number)))
    return unparsable('has a cost that is no number', HASH_HELP)
  const [cost, block, parallel] = [Number(n), Number(r), Number(p)]
  // RFC 7914 section 2: memory is 128 * N * r octets.
  if (128 * cost * block > 256 * 1024 ** 2 || parallel > 16)
    return unparsable('costs more than 256 MiB or p 16', HASH_HELP)
  if (cost < 2 || (cost & (cost - 1)) !== 0) return unparsable('has an N that is no power of two', HASH_HELP)
  if (!isBase64Of(salt, 8)) return unparsable('has a salt that is not base64 of 8 to 1024 bytes', HASH_HELP)
  if (!isBase64Of(hash, 16)) return unparsable('has a hash that is not base64 of 16 to 1024 bytes', HASH_HELP)
  return parsed(text)
}

function isBase64Of(text: string, leastBytes: number): boolean {
  const { length } = decodeBase64(text) ?? []
  return length >= leastBytes && length <= 1024
}
