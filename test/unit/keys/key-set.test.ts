import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importJwks } from '../../../src/keys/jwks.ts'
import { createKeySet } from '../../../src/keys/key-set.ts'
import { createTestKey } from '../../support/test-key.ts'

const [A, B, C] = [createTestKey('ES256'), createTestKey('ES256'), createTestKey('ES256')]
const materials = (...jwks: readonly object[]) => importJwks({ keys: jwks }).keys

test('a key that stays keeps its identity, one that goes is retired', () => {
  const set = createKeySet(() => false)
  assert.deepEqual(set.replace(materials(A.jwk, B.jwk)), { added: 2, removed: 0 })
  const [a, b] = set.keys
  assert.deepEqual(set.replace(materials(C.jwk, B.jwk)), { added: 1, removed: 1 })
  assert.equal(set.keys[1], b)
  assert.deepEqual([a?.retired, b?.retired], [true, false])
})

test('a key that changes its kid or its algorithm is another key', () => {
  const set = createKeySet(() => false)
  set.replace(materials(A.jwk))
  const [first] = set.keys
  assert.deepEqual(set.replace(materials({ ...A.jwk, kid: 'renamed' })), { added: 1, removed: 1 })
  assert.ok(first?.retired)
})

test('a key that comes back is a new key: old verdicts do not come back with it', () => {
  const set = createKeySet(() => false)
  set.replace(materials(A.jwk))
  const [first] = set.keys
  set.replace(materials(B.jwk))
  set.replace(materials(A.jwk))
  assert.ok(first?.retired)
  assert.notEqual(set.keys[0], first)
  assert.equal(set.keys[0]?.retired, false)
})

test('a set that is over retires its keys for as long as it is', () => {
  let over = false
  const set = createKeySet(() => over)
  set.replace(materials(A.jwk))
  over = true
  assert.ok(set.keys[0]?.retired)
  over = false
  assert.equal(set.keys[0]?.retired, false)
  set.retireAll()
  assert.ok(set.keys[0]?.retired)
})
