import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LivingSet } from '../../../src/keys/living-set.ts'
import { createTestClock } from '../../support/clock.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'
import { createTestKey } from '../../support/test-key.ts'

const [A, B] = [createTestKey('ES256'), createTestKey('ES256')]
const octets = (...keys: readonly unknown[]): Uint8Array => Buffer.from(JSON.stringify({ keys }))

function createSet() {
  const logger = createSilentLogger()
  return { logger, set: new LivingSet('staff', { clock: createTestClock(), logger }, () => false) }
}

test('octets without a usable key change nothing', () => {
  const { set } = createSet()
  assert.equal(set.take(octets(A.jwk)), undefined)
  const before = [set.keys, set.body]
  for (const bad of [Buffer.from('<html>'), octets(), octets({ kty: 'oct', k: 'x' }), Buffer.from('{}')]) {
    assert.notEqual(set.take(bad), undefined)
    assert.deepEqual([set.keys, set.body], before)
  }
})

test('what was asked for in vain is asked for again once the set has changed', () => {
  const { set } = createSet()
  const same = octets(A.jwk)
  set.take(same)
  set.unknown.note('b')
  set.take(same)
  set.take(octets(A.jwk))
  assert.ok(set.unknown.has('b'))
  set.take(octets(A.jwk, B.jwk))
  assert.ok(!set.unknown.has('b'))
})

test('keys that are dropped are told once', () => {
  const { logger, set } = createSet()
  for (let i = 0; i < 3; i++) set.take(octets({ kty: 'oct', k: 'x' }, A.jwk))
  assert.deepEqual(
    logger.lines.map(({ facts }) => facts['dropped']),
    [[{ index: 0, reason: 'shared secret' }]],
  )
})
