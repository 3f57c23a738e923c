import type { KeyObject } from 'node:crypto'

/** RFC 7518 sections 3.3 and 3.5. */
const LEAST_MODULUS_BITS = 2048
/** Longest modulus that OpenSSL verifies with; beyond it every check fails, after work. */
const MOST_MODULUS_BITS = 16_384
/** Primes at which a modulus of the broken key generator of CVE-2017-15361 (ROCA) shows. */
const ROCA_PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]

/**
 * Tells in a few words why an RSA public key must not be trusted: too short, too long, an exponent that signs anything
 * or costs too much, or a modulus of the ROCA family. Undefined for a sound key.
 */
export function nameRsaWeakness(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < LEAST_MODULUS_BITS) return 'rsa key below 2048 bits'
  if (modulusLength > MOST_MODULUS_BITS) return 'rsa key above 16384 bits'
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent >= 1n << 64n) return 'rsa exponent not sound'
  return key.asymmetricKeyType === 'rsa' && isRocaModulus(modulusOf(key)) ? 'rsa key of a broken generator' : undefined
}

/** Tells whether a modulus is, but for one chance in about 2^27, a product of the ROCA generator. */
export function isRocaModulus(modulus: bigint): boolean {
  return ROCA_PRIMES.every(prime => {
    const rest = Number(modulus % BigInt(prime))
    const step = 65_537 % prime
    let power = 1
    do {
      if (power === rest) return true
      power = (power * step) % prime
    } while (power !== 1)
    return false
  })
}

function modulusOf(key: KeyObject): bigint {
  const { n = '' } = key.export({ format: 'jwk' })
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
}
