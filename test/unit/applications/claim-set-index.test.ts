import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClaimSetIndex } from '../../../src/applications/claim-set-index.ts'
import { compileClaimSet } from '../../../src/applications/claim-sets.ts'
import { toClaims } from '../../support/make-jwt.ts'

test('among 10,000 sets that share a claim, one look-up tells them apart', () => {
  const entries = Array.from({ length: 10_000 }, (_, i) => ({
    owner: i,
    rule: compileClaimSet({ tenant: 'acme', sub: `app-${i}` }),
  }))
  const index = createClaimSetIndex(entries)
  const claims = toClaims({ tenant: 'acme', sub: 'app-7123' })
  const found: number[] = []
  const begun = performance.now()
  for (let i = 0; i < 1_000; i++) {
    index.forEachMatch(claims, ({ owner }) => {
      found.push(owner)
      return true
    })
  }
  const elapsedMs = performance.now() - begun
  assert.deepEqual(new Set(found), new Set([7123]))
  assert.ok(elapsedMs < 500, `1,000 look-ups took ${elapsedMs} ms`)
})

test('the visitor can stop the search', () => {
  const entries = [1, 2, 3].map(owner => ({ owner, rule: compileClaimSet({ tenant: 'acme' }) }))
  const found: number[] = []
  createClaimSetIndex(entries).forEachMatch(toClaims({ tenant: 'acme' }), ({ owner }) => {
    found.push(owner)
    return false
  })
  assert.deepEqual(found, [1])
})

test('sets with a list of values are found under each, and empty sets never', () => {
  const entries = [
    { owner: 'list', rule: compileClaimSet({ env: ['prod', 'test'] }) },
    { owner: 'empty', rule: compileClaimSet({}) },
  ]
  const index = createClaimSetIndex(entries)
  const ownersOf = (claims: Record<string, unknown>): string[] => {
    const found: string[] = []
    index.forEachMatch(toClaims(claims), ({ owner }) => found.push(owner) > 0)
    return found
  }
  assert.deepEqual(ownersOf({ env: 'prod' }), ['list'])
  assert.deepEqual(ownersOf({ env: 'test' }), ['list'])
  assert.deepEqual(ownersOf({}), [])
})
