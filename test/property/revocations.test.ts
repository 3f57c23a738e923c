/** A deny list answers as somebody would who reads it entry by entry. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RevocationSettings } from '../../src/settings/revocation-settings.ts'
import type { JsonObject, JsonValue } from '../../src/tokens/jwt.ts'
import { parseRevocation, writeRevocation } from '../../src/tokens/revocation-entry.ts'
import { RevocationIndex } from '../../src/tokens/revocation-index.ts'

const DAY_MS = 86_400_000
const ISSUERS = ['https://a', 'https://b', '']

/** Few values, so that they meet. */
const text = fc.constantFrom('a', 'b', '1', 'true', '__proto__', 'constructor')
const scalar: fc.Arbitrary<string | number | boolean> = fc.oneof(text, fc.integer({ min: 0, max: 2 }), fc.boolean())
const claim = fc.constantFrom('sub', 'groups', 'realm.role', 'realm', '__proto__', 'jti')
const timeMs = fc.integer({ min: 0, max: 12 }).map(steps => steps * 500)
const until = fc.option(timeMs, { nil: undefined })

const entry: fc.Arbitrary<RevocationSettings> = fc
  .record({
    authServer: fc.constantFrom('one', 'two'),
    tokens: fc.oneof(
      fc.record({
        kind: fc.constant('jti' as const),
        jti: text,
        exp: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('claim' as const), claim, value: scalar, beforeMs: timeMs }),
    ),
    untilMs: until,
  })
  .map(one => ({ ...one, tokens: { ...one.tokens } }))

const value: fc.Arbitrary<JsonValue> = fc.oneof(
  scalar,
  fc.constant(null),
  fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('role', 'x'), scalar, { noNullPrototype: false }),
)
const claims: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      jti: fc.oneof(text, fc.integer()),
      iat: fc.integer({ min: 0, max: 12 }).map(steps => steps / 2),
      sub: value,
      groups: value,
      realm: value,
      'realm.role': value,
      constructor: value,
    },
    { requiredKeys: [], noNullPrototype: false },
  )
  .map(all => Object.assign(Object.create(null) as Record<string, JsonValue>, all))

/** The rules as the documentation says them, one entry at a time. */
function revokes({ tokens, untilMs }: RevocationSettings, given: JsonObject, nowMs: number): boolean {
  if (untilMs !== undefined && nowMs >= untilMs) return false
  if (tokens.kind === 'jti') {
    if (tokens.exp !== undefined && nowMs >= tokens.exp * 1000 + DAY_MS) return false
    return given['jti'] === tokens.jti
  }
  const found = look(given, tokens.claim)
  const isThere = Array.isArray(found) ? found.some(one => one === tokens.value) : found === tokens.value
  const { iat } = given
  return isThere && (typeof iat !== 'number' || iat * 1000 < tokens.beforeMs)
}

function look(given: JsonObject, name: string): JsonValue | undefined {
  if (Object.hasOwn(given, name)) return given[name]
  const [first = '', ...rest] = name.split('.')
  const inner = Object.hasOwn(given, first) ? given[first] : undefined
  if (rest.length === 0 || typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined
  return look(inner as JsonObject, rest.join('.'))
}

test('isRevoked is what the entries say one by one, whatever their order and however often they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...ISSUERS), entry), { maxLength: 12 }),
      fc.constantFrom(...ISSUERS),
      claims,
      fc.oneof(
        timeMs,
        timeMs.map(ms => ms + DAY_MS),
      ),
      (entries, issuer, given, nowMs) => {
        const index = new RevocationIndex({ now: () => nowMs })
        for (const [owner, { tokens, untilMs }] of entries) index.add(owner, tokens, untilMs)
        const expected = entries.some(([owner, one]) => owner === issuer && revokes(one, given, nowMs))
        assert.equal(index.isRevoked(issuer, given), expected)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('an entry that is written is read as the same entry', () => {
  fc.assert(
    fc.property(entry, one => {
      assert.deepEqual(parseRevocation(JSON.parse(JSON.stringify(writeRevocation(one))) as JsonValue), {
        ok: true,
        value: one,
      })
    }),
  )
})

test('no value makes the parser throw, and what it takes has only members that it knows', () => {
  const member = fc.constantFrom('auth_server', 'jti', 'exp', 'claim', 'value', 'before', 'until', 'note')
  const written = fc.oneof(scalar, fc.constant('2026-01-01T00:00:00Z'), fc.constant(null), fc.constant([]))
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(member, written)), given => {
      const parsed = parseRevocation(given as JsonValue)
      if (parsed.ok) assert.ok(!Object.hasOwn(given as object, 'note'))
      else assert.equal(typeof parsed.error, 'string')
    }),
  )
})
