/**
 * Wrong passwords are slowed by address (product.md 4), and an IPv6 host has 2^64 of them: coming from another one each time it was never
 * slowed, took every place of the queue, and everybody else's password check was 503. Addresses of one /64 count as one now.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPasswordChecker } from '../../src/credentials/password.ts'
import { siteOf } from '../../src/message/address.ts'
import { makePasswordHash } from '../support/password-hash.ts'
import { createSystemClock } from '../support/system-clock.ts'

test('a network of 64 bits is one site, an IPv4 address is its own', () => {
  for (const [address, site] of [
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8:1::2:3', '2001:db8:1:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['', ''],
  ] as const) {
    assert.equal(siteOf(address), site, address)
  }
})

test('failures from many addresses of one network are slowed, and leave room for others', async () => {
  const users = [{ name: 'alice', passwordHash: makePasswordHash('right'), pointer: '' }]
  const delays: number[] = []
  const checker = createPasswordChecker({
    users,
    clock: createSystemClock().clock,
    schedule: (delayMs, callback) => {
      delays.push(delayMs)
      queueMicrotask(callback)
      return () => {}
    },
  })
  for (let i = 1; i <= 5; i++) {
    const checked = await checker.check(`user-${i}`, 'wrong', `2001:db8::${i}`)
    assert.equal(checked.ok, false)
  }
  assert.deepEqual(delays, [250, 500])
  const [flood, honest] = [
    Array.from({ length: 20 }, (_, i) => checker.check(`flood-${i}`, 'wrong', `2001:db8::f:${i}`)),
    checker.check('alice', 'right', '192.0.2.1'),
  ]
  assert.deepEqual(await honest, { ok: true, value: 'alice' })
  const judged = await Promise.all(flood)
  assert.equal(judged.filter(each => !each.ok && each.error.code === 'gateway.overloaded').length, 15)
})
