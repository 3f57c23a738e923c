import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/tokens/jwt.ts'
import { judgeTime, readValidity } from '../../../src/tokens/times.ts'

const NOW = 1_800_000_000
const RULES = { clockSkewSeconds: 30, requireExp: true }

function verdict(claims: JsonObject, nowMs = NOW * 1000, rules = RULES): string {
  const validity = readValidity(claims, rules)
  if (!validity.ok) return `${validity.error.code} ${validity.error.facts?.['claim']}`
  return judgeTime(validity.value, nowMs)?.error.code ?? 'valid'
}

test('JWT-06: now must be before exp, and equal is expired; the leeway counts', () => {
  const sharp = { clockSkewSeconds: 0, requireExp: true }
  assert.equal(verdict({ exp: NOW }, NOW * 1000 - 1, sharp), 'valid')
  assert.equal(verdict({ exp: NOW }, NOW * 1000, sharp), 'token.expired')
  assert.equal(verdict({ exp: NOW }, (NOW + 30) * 1000 - 1), 'valid')
  assert.equal(verdict({ exp: NOW }, (NOW + 30) * 1000), 'token.expired')
})

test('JWT-07: now must be at or after nbf, and iat must not lie ahead; the leeway counts', () => {
  for (const claim of ['nbf', 'iat']) {
    const claims = { exp: NOW + 600, [claim]: NOW }
    assert.equal(verdict(claims, NOW * 1000, { clockSkewSeconds: 0, requireExp: true }), 'valid')
    assert.equal(verdict(claims, (NOW - 30) * 1000), 'valid')
    assert.equal(verdict(claims, (NOW - 30) * 1000 - 1), 'token.not_yet_valid')
  }
  assert.equal(verdict({ exp: NOW + 600, nbf: NOW - 5, iat: NOW + 31 }), 'token.not_yet_valid')
})

test('JWT-01: times are JSON numbers, with fractions', () => {
  assert.equal(verdict({ exp: NOW - 29.5 }), 'valid')
  assert.equal(verdict({ exp: NOW - 30.5 }), 'token.expired')
  for (const value of [String(NOW + 60), null, true, [NOW + 60], {}])
    for (const claim of ['exp', 'nbf', 'iat'])
      assert.equal(verdict({ exp: NOW + 60, [claim]: value }), `token.claim_invalid ${claim}`)
})

test('JWT-06: exp is required unless the auth server says otherwise', () => {
  assert.equal(verdict({}), 'token.claim_missing exp')
  const lax = { clockSkewSeconds: 30, requireExp: false }
  assert.equal(verdict({}, NOW * 1000, lax), 'valid')
  assert.equal(verdict({ exp: 'never' }, NOW * 1000, lax), 'token.claim_invalid exp')
  assert.deepEqual(readValidity({}, lax), {
    ok: true,
    value: { notBeforeMs: Number.NEGATIVE_INFINITY, expiresAtMs: Number.POSITIVE_INFINITY },
  })
})
