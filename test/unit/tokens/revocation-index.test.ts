import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RevokedTokens } from '../../../src/settings/revocation-settings.ts'
import { endOf, RevocationIndex } from '../../../src/tokens/revocation-index.ts'

const ISSUER = 'https://idp'
const DAY_MS = 86_400_000

function createBench() {
  const clock = { at: 0, now: () => clock.at }
  const index = new RevocationIndex(clock)
  const cut = (value: string | number | boolean, beforeMs: number, untilMs?: number): void =>
    index.add(ISSUER, { kind: 'claim', claim: 'sub', value, beforeMs }, untilMs)
  return { clock, index, cut }
}

test('a value is compared with its type, and spelling counts', () => {
  const { index, cut } = createBench()
  cut('1', 1000)
  cut(true, 1000)
  cut('Zo\u00eb', 1000)
  index.add(ISSUER, { kind: 'jti', jti: '7', exp: undefined }, undefined)
  for (const sub of ['1', true, ['x', '1'], 'Zo\u00eb']) assert.equal(index.isRevoked(ISSUER, { sub, iat: 0 }), true)
  for (const sub of [1, 'true', 'Zoe\u0308', ' 1', null, [['1']]])
    assert.equal(index.isRevoked(ISSUER, { sub, iat: 0 }), false)
  assert.equal(index.isRevoked(ISSUER, { jti: '7' }), true)
  assert.equal(index.isRevoked(ISSUER, { jti: 7 }), false)
  assert.equal(index.isRevoked('https://other', { jti: '7', sub: '1' }), false)
})

test('a token whose `iat` is no number is older than every cut; one of the very moment is not', () => {
  const { index, cut } = createBench()
  cut('a', 2000)
  for (const iat of [undefined, '9', null])
    assert.equal(index.isRevoked(ISSUER, iat === undefined ? { sub: 'a' } : { sub: 'a', iat }), true)
  assert.equal(index.isRevoked(ISSUER, { sub: 'a', iat: 1.9995 }), true)
  assert.equal(index.isRevoked(ISSUER, { sub: 'a', iat: 2 }), false)
  assert.equal(index.isRevoked(ISSUER, { sub: 'a', iat: 1e300 }), false)
})

test('of several cuts of one value each lasts as long as it says, in whatever order they come', () => {
  const cuts = [
    [1000, 400],
    [3000, 100],
    [2000, 300],
    [2000, 200],
    [1500, undefined],
  ] as const
  for (const order of [cuts, cuts.toReversed()]) {
    const { clock, index, cut } = createBench()
    for (const [beforeMs, untilMs] of order) cut('a', beforeMs, untilMs)
    const revokedAt = (at: number): string => {
      clock.at = at
      return [0.9, 1.2, 1.8, 2.5, 3].map(iat => (index.isRevoked(ISSUER, { sub: 'a', iat }) ? 'x' : '-')).join('')
    }
    assert.deepEqual([0, 100, 300, 1e15].map(revokedAt), ['xxxx-', 'xxx--', 'xx---', 'xx---'])
  }
})

test('thousands of cuts of one value are no more work than those of many', () => {
  const { index, cut } = createBench()
  const startedAt = process.cpuUsage()
  for (let i = 0; i < 20_000; i++) cut('a', 1_000_000 + i, 1_000_000 - i)
  assert.equal(index.isRevoked(ISSUER, { sub: 'a', iat: 0 }), true)
  assert.ok(process.cpuUsage(startedAt).user < 1_000_000)
})

test('an entry with `exp` has no effect a day after it, and never later than its end', () => {
  const byJti = (exp: number | undefined): RevokedTokens => ({ kind: 'jti', jti: 'a', exp })
  assert.equal(endOf(byJti(10), undefined), 10_000 + DAY_MS)
  assert.equal(endOf(byJti(10), 5), 5)
  assert.equal(endOf(byJti(undefined), undefined), Number.POSITIVE_INFINITY)
  const { clock, index } = createBench()
  index.add(ISSUER, byJti(10), undefined)
  clock.at = 10_000 + DAY_MS - 1
  assert.equal(index.isRevoked(ISSUER, { jti: 'a' }), true)
  clock.at += 1
  assert.equal(index.isRevoked(ISSUER, { jti: 'a' }), false)
  index.add(ISSUER, byJti(undefined), undefined)
  index.add(ISSUER, byJti(10), undefined)
  assert.equal(index.isRevoked(ISSUER, { jti: 'a' }), true, 'the longer of two times counts')
})
