import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageOf, pauseAfterFailure, pauseAfterSuccess } from '../../../src/keys/refresh-plan.ts'

const LIMITS = { minAgeMs: 60_000, maxAgeMs: 600_000 }
const age = (cacheControl?: string, ageField?: string): number => {
  const fields = new Map<string, string>()
  if (cacheControl !== undefined) fields.set('cache-control', cacheControl)
  if (ageField !== undefined) fields.set('age', ageField)
  return ageOf(fields, LIMITS, 0)
}

test('Cache-Control sets the age, within min_age and max_age', () => {
  assert.equal(age('max-age=300'), 300_000)
  assert.equal(age('public, MAX-AGE="120", must-revalidate'), 120_000)
  assert.equal(age('max-age=1'), 60_000)
  assert.equal(age('max-age=86400'), 600_000)
  assert.equal(age('max-age=300, max-age=100'), 100_000)
})

test('no word about it means max_age, a ban on caching means min_age', () => {
  for (const silent of [undefined, '', 'public', 'max-age=soon', 'max-age=-1', 'max-age'])
    assert.equal(age(silent), 600_000)
  for (const ban of ['no-store', 'no-cache', 'max-age=300, no-cache']) assert.equal(age(ban), 60_000)
})

test('time that the answer spent in other caches counts', () => {
  assert.equal(age('max-age=300', '100'), 200_000)
  assert.equal(age('max-age=300', '900'), 60_000)
  assert.equal(age('max-age=300', 'old'), 300_000)
})

test('without a lifetime in Cache-Control, Expires counts from Date', () => {
  const at = (seconds: number): string => new Date(seconds * 1000).toUTCString()
  const expires = (fields: Readonly<Record<string, string>>, nowMs = 0): number =>
    ageOf(new Map(Object.entries(fields)), LIMITS, nowMs)
  assert.equal(expires({ expires: at(1000), date: at(700) }), 300_000)
  assert.equal(expires({ expires: at(1000), date: at(700), age: '100' }), 200_000)
  assert.equal(expires({ expires: at(1000) }, 700_000), 300_000)
  assert.equal(expires({ expires: at(1000), date: 'soon' }, 700_000), 300_000)
  assert.equal(expires({ expires: at(1000), date: at(700), 'cache-control': 'max-age=120' }), 120_000)
  assert.equal(expires({ expires: at(99_999), date: at(700) }), 600_000)
  for (const past of ['0', '-1', 'never', '', at(1)]) assert.equal(expires({ expires: past, date: at(700) }), 60_000)
})

test('a refresh comes at 50 to 80 % of the age', () => {
  assert.equal(
    pauseAfterSuccess(1000, () => 0),
    500,
  )
  assert.ok(pauseAfterSuccess(1000, () => 0.999_999) < 800)
})

test('the pause after failures doubles from one second up to a minute, with jitter', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map(failures => pauseAfterFailure(failures, () => 0))
  assert.deepEqual(
    pauses,
    [1, 2, 4, 8, 16, 32, 60, 60, 60].map(seconds => seconds * 1000),
  )
  assert.ok(pauseAfterFailure(1, () => 0.999_999) < 1250)
})
