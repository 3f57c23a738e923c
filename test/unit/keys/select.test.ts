import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importJwks } from '../../../src/keys/jwks.ts'
import { knowsKid, selectKeys } from '../../../src/keys/select.ts'
import { createVerificationKey } from '../../../src/keys/verification-key.ts'
import { createTestKey } from '../../support/test-key.ts'

const EC = createTestKey('ES256')
const keysOf = (...jwks: readonly object[]) => importJwks({ keys: jwks }).keys.map(key => createVerificationKey(key))

test('JWK-05: kid is compared exactly, and alg must fit as well', () => {
  const rsa = createTestKey('RS256')
  const keys = keysOf({ ...EC.jwk, kid: 'a' }, { ...EC.jwk, kid: 'A' }, { ...rsa.jwk, kid: 'a' })
  assert.deepEqual(selectKeys(keys, 'ES256', 'a'), [keys[0]])
  assert.deepEqual(selectKeys(keys, 'RS256', 'a'), [keys[2]])
  assert.deepEqual(selectKeys(keys, 'RS256', 'A'), [])
  assert.deepEqual(selectKeys(keys, 'RS384', 'a'), [])
  assert.ok(knowsKid(keys, 'A'))
  assert.ok(!knowsKid(keys, 'b'))
  assert.ok(!knowsKid(keys, undefined))
})

test('without kid, and for pinned keys, the algorithm alone decides', () => {
  const { kid: _, ...bare } = EC.jwk
  const keys = keysOf(bare)
  assert.deepEqual(selectKeys(keys, 'ES256', undefined), keys)
  assert.deepEqual(selectKeys(keys, 'ES256', 'any'), [])
  assert.deepEqual(selectKeys(keys, 'ES256', 'any', true), keys)
})

test('retired keys are no candidates, and at most 16 are tried', () => {
  const keys = keysOf(...Array.from({ length: 20 }, (_, index) => ({ ...EC.jwk, kid: `${index}` })))
  keys[0]?.retire()
  assert.deepEqual(selectKeys(keys, 'ES256', undefined), keys.slice(1, 17))
})
