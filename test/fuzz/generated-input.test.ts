/** The short form of `npm run fuzz`: a few cases of each generator, always the same ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TARGETS } from './targets.ts'

const SEED = 20_260_101
const CASES: Readonly<Record<string, number>> = {
  requests: 288,
  bodies: 128,
  answers: 256,
  frames: 128,
  tokens: 4_000,
  yaml: 60,
  jwks: 1_000,
}

for (const [name, run] of Object.entries(TARGETS)) {
  test(`generated ${name} find nothing`, async () => {
    const { finds, cases } = await run({ seed: SEED, cases: CASES[name] ?? 100 })
    assert.deepEqual(finds, [])
    assert.equal(cases, CASES[name] ?? 100)
  })
}
