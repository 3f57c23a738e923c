import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityOf, importJwks } from '../../../src/keys/jwks.ts'
import { createKeyObservatory } from '../../../src/keys/observatory.ts'
import { createVerificationKey } from '../../../src/keys/verification-key.ts'
import { createTestClock, TEST_START_MS } from '../../support/clock.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'
import { createTestKey } from '../../support/test-key.ts'

const HOUR_MS = 3_600_000
const JWKS = [createTestKey('ES256', { kid: 'a' }), createTestKey('ES256', { kid: 'b' })].map(({ jwk }) => jwk)

function createBench() {
  const clock = createTestClock()
  const logger = createSilentLogger()
  const [a, b] = importJwks({ keys: JWKS }).keys.map(key => createVerificationKey(key))
  assert.ok(a !== undefined && b !== undefined)
  return { clock, logger, a, b, observatory: createKeyObservatory('staff', { clock, logger }) }
}

test('a key has a first and a last sighting, and a last use', () => {
  const { clock, observatory, a } = createBench()
  observatory.note([a])
  clock.advance(HOUR_MS)
  observatory.note([a])
  a.lastUsedMs = TEST_START_MS + 5
  assert.deepEqual(observatory.list(), [
    {
      kid: 'a',
      thumbprint: a.thumbprint,
      algorithms: ['ES256'],
      firstSeenMs: TEST_START_MS,
      lastSeenMs: TEST_START_MS + HOUR_MS,
      lastUsedMs: TEST_START_MS + 5,
    },
  ])
})

test('what an earlier process knew of first sightings is taken over, and handed on', () => {
  const { observatory, a, b } = createBench()
  observatory.note([a, b], { [identityOf(a)]: 7 })
  assert.deepEqual(
    observatory.list().map(({ firstSeenMs }) => firstSeenMs),
    [7, TEST_START_MS],
  )
  assert.deepEqual({ ...observatory.firstSeen() }, { [identityOf(a)]: 7, [identityOf(b)]: TEST_START_MS })
})

test('each change is one line of the log, with the names of the keys', () => {
  const { logger, observatory, a, b } = createBench()
  observatory.note([a])
  observatory.note([a])
  observatory.note([b])
  assert.deepEqual(
    logger.lines.map(({ facts }) => [facts['keys'], facts['arrived'], facts['left']]),
    [
      [1, ['a'], []],
      [1, ['b'], ['a']],
    ],
  )
})

test('a key that left is remembered for a day, and tokens that still name it are warned about once a minute', () => {
  const { clock, logger, observatory, a, b } = createBench()
  observatory.note([a, b])
  observatory.note([b])
  const warnings = () => logger.lines.filter(({ level }) => level === 'warn').length
  for (let i = 0; i < 100; i++) observatory.noteAbsent('a')
  observatory.noteAbsent('stranger')
  observatory.noteAbsent(undefined)
  assert.deepEqual([observatory.departedUses, warnings()], [100, 1])
  clock.advance(60_000)
  observatory.noteAbsent('a')
  assert.equal(warnings(), 2)
  assert.deepEqual(
    observatory.departed().map(({ kid, leftAtMs }) => [kid, leftAtMs]),
    [['a', TEST_START_MS]],
  )
  clock.advance(24 * HOUR_MS)
  assert.deepEqual(observatory.departed(), [])
  observatory.noteAbsent('a')
  assert.equal(observatory.departedUses, 101)
})

test('a key that comes back, or is published under another name, has not left', () => {
  const { observatory, a, b } = createBench()
  observatory.note([a, b])
  observatory.note([b])
  const again = createVerificationKey({ ...a, kid: 'renamed' })
  observatory.note([b, again])
  assert.deepEqual(observatory.departed(), [])
})

test('it remembers 256 keys that left, whatever an issuer does', () => {
  const { observatory, a } = createBench()
  observatory.note(
    Array.from({ length: 300 }, (_, i) => createVerificationKey({ ...a, kid: `k${i}`, thumbprint: `t${i}` })),
  )
  observatory.note([a])
  assert.equal(observatory.departed().length, 256)
  assert.equal(observatory.departed().at(-1)?.kid, 'k299')
})
