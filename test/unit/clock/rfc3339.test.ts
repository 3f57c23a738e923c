import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime, parseTime } from '../../../src/clock/rfc3339.ts'

test('a point in time is a day, a time and an offset', () => {
  assert.equal(parseTime('1970-01-01T00:00:00Z'), 0)
  assert.equal(parseTime('2026-11-22T10:00:00Z'), Date.UTC(2026, 10, 22, 10))
  assert.equal(parseTime('2026-11-22T10:00:00+01:30'), Date.UTC(2026, 10, 22, 8, 30))
  assert.equal(parseTime('2026-11-22T10:00:00-01:30'), Date.UTC(2026, 10, 22, 11, 30))
  assert.equal(parseTime('2024-02-29T23:59:59.5Z'), Date.UTC(2024, 1, 29, 23, 59, 59, 500))
  assert.equal(parseTime('0001-01-01T00:00:00Z'), -62_135_596_800_000)
  assert.equal(parseTime('9999-12-31T23:59:59Z'), 253_402_300_799_000)
  assert.equal(parseTime('1970-01-01T00:00:00.000000001Z'), 1, 'never earlier than written')
})

test('nothing else is one', () => {
  const wrong = [
    '',
    '2026-11-22',
    '2026-11-22T10:00:00',
    '2026-11-22 10:00:00Z',
    '2026-11-22T10:00:00z',
    '2026-11-22T10:00Z',
    '2026-11-22T10:00:00.Z',
    '2026-11-22T10:00:00+0100',
    '2026-11-22T24:00:00Z',
    '2026-11-22T10:60:00Z',
    '2026-11-22T10:00:60Z',
    '2026-11-22T10:00:00+24:00',
    '2026-02-29T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-00-01T10:00:00Z',
    '2026-01-00T10:00:00Z',
    '+2026-01-01T10:00:00Z',
    '2026-11-22T10:00:00Z\n',
    '１026-11-22T10:00:00Z',
  ]
  for (const text of wrong) assert.equal(parseTime(text), undefined, text)
})

test('what is written is read as the same', () => {
  for (const at of [0, 1, Date.UTC(2026, 10, 22, 10), 253_402_300_799_999]) assert.equal(parseTime(formatTime(at)), at)
})
