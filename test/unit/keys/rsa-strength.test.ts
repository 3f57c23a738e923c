import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { isRocaModulus, nameRsaWeakness } from '../../../src/keys/rsa-strength.ts'

const sound = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })

function weaknessOf(jwk: { n?: string; e?: string }): string | undefined {
  return nameRsaWeakness(createPublicKey({ key: { ...sound, ...jwk }, format: 'jwk' }))
}

function toBase64url(number: bigint): string {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}

test('a sound RSA key has no weakness', () => {
  assert.equal(weaknessOf({}), undefined)
  for (const e of [3n, 17n]) assert.equal(weaknessOf({ e: toBase64url(e) }), undefined)
})

test('an exponent that signs anything, or costs too much, is not sound', () => {
  for (const e of [1n, 2n, 65_536n, (1n << 64n) + 1n])
    assert.equal(weaknessOf({ e: toBase64url(e) }), 'rsa exponent not sound')
})

test('CVE-2017-15361: a modulus of the broken generator is recognised', () => {
  const primes = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n]
  const primorial = primes.reduce((product, prime) => product * prime, 1n)
  const top = 1n << 2047n
  const modulus = top - (top % primorial) + primorial + (65_537n ** 12_345n % primorial)
  assert.ok(isRocaModulus(modulus))
  assert.equal(weaknessOf({ n: toBase64url(modulus) }), 'rsa key of a broken generator')
})

test('ordinary moduli are not taken for broken ones', () => {
  for (let i = 0; i < 3; i++) {
    const { n = '' } = generateKeyPairSync('rsa', { modulusLength: 512 }).publicKey.export({ format: 'jwk' })
    assert.ok(!isRocaModulus(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)))
  }
})
