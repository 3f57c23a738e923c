import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createPasswordChecker, type PasswordChecker } from '../../../src/credentials/password.ts'
import { makePasswordHash } from '../../support/password-hash.ts'

function user(name: string, password: string, cost = 1024) {
  return { name, passwordHash: makePasswordHash(password, cost), pointer: '' }
}

/** A checker with a clock and delays that the test moves. */
function build(users = [user('alice', 'wonder'), user('bob', 'builder')]) {
  const time = { ms: 0 }
  const delays: number[] = []
  const checker = createPasswordChecker({
    users,
    clock: { now: () => time.ms, monotonic: () => time.ms },
    schedule: (delayMs, run) => {
      delays.push(delayMs)
      queueMicrotask(run)
      return () => {}
    },
  })
  return { checker, time, delays }
}

async function codeOf(result: ReturnType<PasswordChecker['check']>): Promise<string> {
  const settled = await result
  return settled.ok ? settled.value : settled.error.code
}

describe('the password checker', () => {
  test('lets the right password through and no other', async () => {
    const { checker } = build()
    assert.equal(await codeOf(checker.check('alice', 'wonder', '192.0.2.1')), 'alice')
    assert.equal(await codeOf(checker.check('alice', 'builder', '192.0.2.1')), 'credentials.invalid')
    assert.equal(await codeOf(checker.check('bob', 'wonder', '192.0.2.1')), 'credentials.invalid')
    assert.equal(await codeOf(checker.check('Alice', 'wonder', '192.0.2.1')), 'credentials.invalid')
    assert.equal(await codeOf(checker.check('', '', '192.0.2.1')), 'credentials.invalid')
  })

  test('answers an unknown user as it answers a wrong password, after the same work', async () => {
    const { checker } = build([user('alice', 'wonder', 16_384)])
    const timeOf = async (name: string, password: string): Promise<number> => {
      const begun = performance.now()
      const settled = await checker.check(name, password, '192.0.2.1')
      assert.deepEqual(settled.ok ? settled.value : [settled.error.code, settled.error.scheme], [
        'credentials.invalid',
        'Basic',
      ])
      return performance.now() - begun
    }
    const wrong = await timeOf('alice', 'x')
    const unknown = await timeOf('nobody', 'x')
    assert.ok(unknown > wrong / 4, `an unknown user took ${unknown} ms, a wrong password ${wrong} ms`)
  })

  test('remembers a success for 60 s and answers it at once; a failure is never remembered', async () => {
    const { checker, time } = build()
    const first = checker.check('alice', 'wonder', '192.0.2.1')
    assert.ok(first instanceof Promise)
    await first
    time.ms = 59_999
    assert.deepEqual(checker.check('alice', 'wonder', '198.51.100.7'), { ok: true, value: 'alice' })
    assert.ok(checker.check('alice', 'wonder2', '192.0.2.1') instanceof Promise)
    time.ms = 60_000
    assert.ok(checker.check('alice', 'wonder', '192.0.2.1') instanceof Promise)
  })

  test('checks one pair of name and password once, however many requests carry it', async () => {
    const { checker } = build()
    const results = Array.from({ length: 100 }, () => checker.check('alice', 'wonder', '192.0.2.1'))
    assert.equal(new Set(results).size, 1)
    for (const result of results) assert.equal(await codeOf(result), 'alice')
  })

  test('turns away what is more than few at a time, and recovers', async () => {
    const { checker } = build()
    const results = Array.from({ length: 40 }, (_, i) => checker.check(`user ${i}`, 'x', `192.0.2.${i}`))
    const codes = await Promise.all(results.map(codeOf))
    assert.equal(codes.filter(code => code === 'credentials.invalid').length, 16)
    assert.equal(codes.filter(code => code === 'gateway.overloaded').length, 24)
    assert.equal(await codeOf(checker.check('alice', 'wonder', '192.0.2.99')), 'alice')
  })

  test('slows failures of an address, and one address then has one check at a time', async () => {
    const { checker, delays } = build()
    for (let i = 0; i < 6; i++) await checker.check(`user ${i}`, 'x', '192.0.2.1')
    assert.deepEqual(delays, [250, 500, 1000])
    const burst = Array.from({ length: 10 }, (_, i) => checker.check(`other ${i}`, 'x', '192.0.2.1'))
    const codes = await Promise.all(burst.map(codeOf))
    assert.equal(codes.filter(code => code === 'gateway.overloaded').length, 5)
    assert.equal(await codeOf(checker.check('alice', 'wonder', '198.51.100.7')), 'alice')
  })

  test('slows failures of a user from many addresses, but never the right password', async () => {
    const { checker, delays } = build()
    for (let i = 0; i < 5; i++) await checker.check('alice', `guess ${i}`, `192.0.2.${i}`)
    assert.deepEqual(delays, [250, 500])
    assert.equal(await codeOf(checker.check('alice', 'wonder', '198.51.100.7')), 'alice')
    assert.deepEqual(delays, [250, 500])
  })

  test('never lets a user with an unreadable hash through, and works without users', async () => {
    const { checker } = build([{ name: 'carol', passwordHash: 'scrypt:1:2:3', pointer: '' }])
    assert.equal(await codeOf(checker.check('carol', '', '192.0.2.1')), 'credentials.invalid')
    assert.equal(await codeOf(build([]).checker.check('alice', 'wonder', '192.0.2.1')), 'credentials.invalid')
  })
})
