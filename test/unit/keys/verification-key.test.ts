import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { createVerificationKey, thumbprintOf } from '../../../src/keys/verification-key.ts'
import { createTestKey } from '../../support/test-key.ts'

const MATERIAL = {
  kid: 'one',
  key: createTestKey('ES256').publicKey,
  algorithms: new Set(['ES256'] as const),
  thumbprint: 't',
}

test('a key is good until it is retired', () => {
  const key = createVerificationKey(MATERIAL)
  assert.equal(key.retired, false)
  key.retire()
  assert.equal(key.retired, true)
})

test('a key that ends by itself is asked at every use', () => {
  let isOver = false
  const key = createVerificationKey(MATERIAL, () => isOver)
  assert.equal(key.retired, false)
  isOver = true
  assert.equal(key.retired, true)
})

test('a key without a JWK form has a thumbprint too, and each its own', () => {
  const [one, other] = [1, 2].map(() => generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).publicKey)
  assert.ok(one !== undefined && other !== undefined)
  assert.match(thumbprintOf(one), /^[\w-]{43}$/)
  assert.notEqual(thumbprintOf(one), thumbprintOf(other))
})
