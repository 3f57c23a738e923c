/** Law of proofs: nothing that was not signed in one piece, for this request and this token, holds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { thumbprintOf } from '../../src/keys/verification-key.ts'
import { verifyProof } from '../../src/tokens/dpop-proof.ts'
import { DPOP_DEFAULTS, makeProof } from '../support/dpop.ts'
import { createTestKey } from '../support/test-key.ts'

const KEYS = (['ES256', 'EdDSA', 'PS256'] as const).map(alg => createTestKey(alg))
const HTU = 'https://orders.example.com/orders'
const TOKEN = 'header.claims.signature'
const NOW = 1_800_000_000

function holds(compact: string, jkt: string): boolean {
  return verifyProof(compact, {
    method: 'GET',
    isTarget: htu => htu === HTU,
    token: TOKEN,
    jkt,
    algorithms: new Set(DPOP_DEFAULTS.algorithms),
    freshness: { nowMs: NOW * 1000, maxAgeSeconds: 60, isNonce: undefined },
  }).ok
}

const samples = await Promise.all(
  KEYS.map(async key => ({
    jkt: thumbprintOf(key.publicKey),
    proof: await makeProof(key, { htu: HTU, token: TOKEN, iat: NOW }),
  })),
)

test('no mutation of a proof holds', () => {
  for (const { jkt, proof } of samples) assert.ok(holds(proof, jkt))
  const change = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 3 }),
    text: fc.oneof(fc.constantFrom('', '=', '.', 'A', ' ', '_', '-', '\0'), fc.string({ maxLength: 3 })),
  })
  fc.assert(
    fc.property(fc.constantFrom(...samples), change, ({ jkt, proof }, { at, remove, text }) => {
      const start = at % (proof.length + 1)
      const changed = proof.slice(0, start) + text + proof.slice(start + remove)
      fc.pre(changed !== proof)
      assert.ok(!holds(changed, jkt), changed)
    }),
    { numRuns: 1_500 },
  )
})

test('no part of one proof fits another, and no text at all is a proof', async () => {
  const all = [
    ...samples,
    ...(await Promise.all(
      KEYS.map(async key => ({
        jkt: thumbprintOf(key.publicKey),
        proof: await makeProof(key, { htu: HTU, token: TOKEN, iat: NOW - 1 }),
      })),
    )),
  ]
  const proofs = new Set(all.map(({ proof }) => proof))
  const index = fc.nat({ max: all.length - 1 })
  fc.assert(
    fc.property(index, index, index, fc.constantFrom(...samples), (a, b, c, { jkt }) => {
      const compact = [a, b, c].map((from, part) => all[from]?.proof.split('.')[part]).join('.')
      // Headers are alike and EdDSA has one signature for one text: some mixtures are a proof of the list again.
      assert.ok(!holds(compact, jkt) || proofs.has(compact), compact)
    }),
    { numRuns: 300 },
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => assert.ok(!holds(text, samples[0]?.jkt ?? ''))))
})
