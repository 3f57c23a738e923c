import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProofReplays } from '../../../src/tokens/proof-replays.ts'

test('DP-10 a proof is good once, until it is over', () => {
  const replays = createProofReplays(10)
  assert.equal(replays.use('key', 'a', 1_000, 0), 'first')
  assert.equal(replays.use('key', 'a', 1_000, 999), 'again')
  assert.equal(replays.use('key', 'b', 1_500, 999), 'first')
  assert.equal(replays.use('key', 'a', 2_500, 1_000), 'first', 'its own age refuses it from here on')
})

test('a jti is its key’s own', () => {
  const replays = createProofReplays(10)
  assert.equal(replays.use('one', 'a', 1_000, 0), 'first')
  assert.equal(replays.use('two', 'a', 1_000, 0), 'first')
})

test('a full memory refuses rather than forgets, and takes proofs again when others are over', () => {
  const replays = createProofReplays(4)
  for (const [jkt, jti] of ['aa', 'ab', 'ba', 'bb']) assert.equal(replays.use(`${jkt}`, `${jti}`, 1_000, 0), 'first')
  assert.equal(replays.use('c', 'a', 1_000, 0), 'full')
  assert.equal(replays.use('a', 'a', 1_000, 0), 'again')
  assert.equal(replays.size, 4)
  assert.equal(replays.use('c', 'a', 2_000, 1_000), 'first')
  assert.equal(replays.size, 1)
})

test('one key takes half of it at most', () => {
  const replays = createProofReplays(4)
  assert.equal(replays.use('a', '1', 1_000, 0), 'first')
  assert.equal(replays.use('a', '2', 1_000, 0), 'first')
  assert.equal(replays.use('a', '3', 1_000, 0), 'full')
  assert.equal(replays.use('b', '1', 1_000, 0), 'first')
  assert.equal(replays.use('a', '3', 2_000, 1_000), 'first')
})

test('another bound counts from the next proof on', () => {
  const replays = createProofReplays(2)
  assert.equal(replays.use('a', '1', 1_000, 0), 'first')
  assert.equal(replays.use('a', '2', 1_000, 0), 'full')
  replays.resize(4)
  assert.equal(replays.use('a', '2', 1_000, 0), 'first')
  replays.resize(1)
  assert.equal(replays.use('b', '1', 1_000, 0), 'full')
  assert.equal(replays.size, 2, 'nothing that could be replayed is forgotten')
})
