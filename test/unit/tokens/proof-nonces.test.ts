import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProofNonces } from '../../../src/tokens/proof-nonces.ts'

const MINUTE = 60_000

test('DP-09 a nonce is known for five to ten minutes', () => {
  const nonces = createProofNonces()
  const nonce = nonces.current(0)
  assert.match(nonce, /^[\w-]{22}$/)
  assert.equal(nonces.current(5 * MINUTE - 1), nonce)
  assert.notEqual(nonces.current(5 * MINUTE), nonce)
  assert.ok(nonces.isKnown(nonce, 0))
  assert.ok(nonces.isKnown(nonce, 10 * MINUTE - 1))
  assert.ok(!nonces.isKnown(nonce, 10 * MINUTE))
})

test('nobody else makes them, and none is known before its time', () => {
  const nonces = createProofNonces()
  assert.ok(!nonces.isKnown(createProofNonces().current(0), 0))
  assert.ok(!nonces.isKnown(nonces.current(5 * MINUTE), 0))
  assert.ok(!nonces.isKnown('', 0))
})
