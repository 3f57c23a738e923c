import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  joinRevocations,
  judgeRevocation,
  NO_REVOCATIONS,
  type RevocationList,
} from '../../../src/tokens/revocations.ts'

function listOf(jti: string | undefined, more: Partial<RevocationList> = {}): RevocationList {
  return { isRevoked: (_, claims) => jti !== undefined && claims['jti'] === jti, isKnown: true, generation: 1, ...more }
}

const codeOf = (list: RevocationList, claims = { jti: 'a' }, issuer: string | undefined = 'https://idp') =>
  judgeRevocation(list, issuer, claims, 'idp')?.error.code

test('what one of several lists revokes is revoked', () => {
  const joined = joinRevocations([listOf('a'), listOf(undefined), listOf('b')])
  assert.equal(codeOf(joined), 'token.revoked')
  assert.equal(codeOf(joined, { jti: 'b' }), 'token.revoked')
  assert.equal(codeOf(joined, { jti: 'c' }), undefined)
  assert.equal(codeOf(NO_REVOCATIONS), undefined)
})

test('while one of them was never had nobody passes, and what another one revokes is told all the same', () => {
  const joined = joinRevocations([listOf('a'), listOf(undefined, { isKnown: false })])
  assert.equal(codeOf(joined), 'token.revoked')
  assert.equal(codeOf(joined, { jti: 'c' }), 'revocations.unavailable')
})

test('a change of any of them is another generation', () => {
  const parts = [
    { ...NO_REVOCATIONS, generation: 1 },
    { ...NO_REVOCATIONS, generation: 5 },
  ]
  const joined = joinRevocations(parts)
  const before = joined.generation
  const [first] = parts
  if (first !== undefined) first.generation = 2
  assert.notEqual(joined.generation, before)
})

test('a token of nobody in particular is on no list', () => {
  assert.equal(judgeRevocation(listOf('a'), undefined, { jti: 'a' }, 'idp'), undefined)
})
