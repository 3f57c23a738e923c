import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createClaimSetIndex } from '../../src/applications/claim-set-index.ts'
import { compileClaimSet, matchesClaimSet } from '../../src/applications/claim-sets.ts'
import { toClaims } from '../support/make-jwt.ts'

const NAMES = ['sub', 'scope', 'roles', 'a.b', 'a', 'constructor']
const scalar = fc.constantFrom<string | number | boolean>('x', 'y', 'x y', '1', 1, 0, true, false)
const expectation = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }))
const claimSet = fc.dictionary(fc.constantFrom(...NAMES), expectation, { maxKeys: 3 })
const claimValue = fc.oneof(
  scalar,
  fc.constant(null),
  fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('b', 'c'), scalar, { maxKeys: 2 }),
)
const claims = fc.dictionary(fc.constantFrom(...NAMES), claimValue, { maxKeys: 5 })

/** The rule of product.md 4, step 5, written as a table: what a claim counts as, compared by type and value. */
function truthTable(set: Readonly<Record<string, unknown>>, token: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(set)
  return (
    names.length > 0 && names.every(name => valuesOf(name, token).some(value => acceptedBy(set[name]).includes(value)))
  )
}

function acceptedBy(expected: unknown): readonly unknown[] {
  return Array.isArray(expected) ? expected : [expected]
}

function valuesOf(name: string, token: Readonly<Record<string, unknown>>): readonly unknown[] {
  const value = Object.hasOwn(token, name) ? token[name] : byPath(name.split('.'), token)
  if (Array.isArray(value)) return value.filter(member => member !== null && typeof member !== 'object')
  if (value === null || value === undefined || typeof value === 'object') return []
  return name === 'scope' && typeof value === 'string' ? [value, ...value.split(' ')] : [value]
}

function byPath(path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return value
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, first))
    return undefined
  return byPath(rest, Reflect.get(value, first))
}

test('a claim-set rule equals its truth table', () => {
  fc.assert(
    fc.property(claimSet, claims, (set, token) => {
      assert.equal(matchesClaimSet(compileClaimSet(set), toClaims(token)), truthTable(set, token))
    }),
    { numRuns: 2_000 },
  )
})

test('the index finds exactly the sets that match one by one', () => {
  fc.assert(
    fc.property(fc.array(claimSet, { maxLength: 8 }), claims, (sets, token) => {
      const entries = sets.map((set, owner) => ({ owner, rule: compileClaimSet(set) }))
      const found = new Set<number>()
      createClaimSetIndex(entries).forEachMatch(toClaims(token), ({ owner }) => {
        found.add(owner)
        return true
      })
      const expected = entries.filter(({ owner }) => truthTable(sets[owner] ?? {}, token)).map(({ owner }) => owner)
      assert.deepEqual([...found].sort(), expected)
    }),
    { numRuns: 500 },
  )
})
