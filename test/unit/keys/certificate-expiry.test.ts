import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daysLeft, ExpiryWatch, findExpiring, passedThreshold } from '../../../src/keys/certificate-expiry.ts'
import type { CertificateInUse } from '../../../src/keys/certificate-in-use.ts'
import type { Logger } from '../../../src/log/logger.ts'
import { createTestClock } from '../../support/clock.ts'

const DAY = 86_400_000

function certificate(notAfterMs: number, changes: Partial<CertificateInUse> = {}): CertificateInUse {
  const common = { store: 'edge', alias: 'one', use: 'server', fingerprint: 'ab', pointer: '/tls' } as const
  return { ...common, notBeforeMs: 0, notAfterMs, ...changes }
}

test('thresholds are 30, 14 and 3 days, and the end', () => {
  const at = (days: number) => passedThreshold(certificate(days * DAY), 0)
  assert.deepEqual([31, 30, 15, 14, 4, 3, 1, 0, -1].map(at), [undefined, 30, 30, 14, 14, 3, 3, 0, 0])
  assert.equal(daysLeft(certificate(2.5 * DAY), 0), 2)
  assert.equal(daysLeft(certificate(-1), 0), -1)
})

test('each threshold is told once, whoever looks how often; a new certificate begins anew', () => {
  const clock = createTestClock()
  const told: string[] = []
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: (facts: unknown, message?: string) => void told.push(`${message} ${JSON.stringify(facts)}`),
    error: () => {},
  }
  let held = [certificate(clock.now() + 31 * DAY)]
  const watch = new ExpiryWatch(() => held, { clock, schedule: clock.schedule, logger })
  watch.look()
  assert.equal(told.length, 0)
  for (let day = 0; day < 40; day++) {
    clock.advance(DAY)
    watch.look()
  }
  assert.equal(told.length, 4)
  assert.match(told[0] ?? '', /expires soon.*"daysLeft":30/)
  assert.match(told[3] ?? '', /has expired/)
  held = [certificate(clock.now() + 2 * DAY, { fingerprint: 'cd' })]
  watch.look()
  assert.equal(told.length, 5)
  watch.close()
  clock.advance(30 * DAY)
  assert.equal(told.length, 5)
})

test('a day later somebody looks by itself', () => {
  const clock = createTestClock()
  let looks = 0
  const held = () => {
    looks += 1
    return []
  }
  const logger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const watch = new ExpiryWatch(held, { clock, schedule: clock.schedule, logger })
  watch.look()
  clock.advance(3 * DAY)
  assert.ok(looks > 1)
  watch.close()
})

test('check warns of what ends soon, and of dates that only an opened file shows', () => {
  const pem = { type: 'pem', name: 'edge', entries: [], pointer: '' } as const
  const file = { type: 'jks', name: 'file', file: '', password: undefined, pointer: '' } as const
  const find = (one: CertificateInUse) =>
    findExpiring([one], { keystores: [pem], truststores: [file] }, 100 * DAY).map(
      ({ code, severity }) => `${severity} ${code}`,
    )
  assert.deepEqual(find(certificate(131 * DAY)), [])
  assert.deepEqual(find(certificate(129 * DAY)), ['warning config.expires_soon'])
  assert.deepEqual(find(certificate(99 * DAY)), [])
  assert.deepEqual(find(certificate(99 * DAY, { store: 'file' })), ['warning config.unusable'])
  assert.deepEqual(find(certificate(900 * DAY, { store: 'file', notBeforeMs: 101 * DAY })), ['warning config.unusable'])
})
