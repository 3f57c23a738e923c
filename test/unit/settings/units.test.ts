import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration, parseDurationOrZero, parseSize, parseWorkerCount } from '../../../src/settings/units.ts'

test('a duration is a number and a unit', () => {
  const table = {
    '250ms': 250,
    '30s': 30_000,
    '1.5s': 1500,
    '5m': 300_000,
    '24h': 86_400_000,
    '7d': 604_800_000,
    '1 s': 1000,
  }
  for (const [text, ms] of Object.entries(table)) assert.deepEqual(parseDuration(text), { ok: true, value: ms }, text)
})

test('zero is a duration only where it may be', () => {
  assert.deepEqual(parseDurationOrZero('0s'), { ok: true, value: 0 })
  assert.equal(parseDuration('0s').ok, false)
  assert.equal(parseDuration('0.1ms').ok, false)
})

test('what is no duration is told apart', () => {
  const messageOf = (text: string) => {
    const answer = parseDuration(text)
    return answer.ok ? 'ok' : answer.message
  }
  assert.equal(messageOf('30'), 'needs a unit')
  assert.equal(messageOf('30 parsecs'), 'has an unknown unit `parsecs`')
  assert.equal(messageOf('30S'), 'has an unknown unit `S`')
  assert.equal(messageOf('soon'), 'is not a duration')
  assert.equal(messageOf('-1s'), 'is not a duration')
  assert.equal(messageOf('1e3s'), 'is not a duration')
  assert.equal(messageOf('1toString'), 'has an unknown unit `toString`')
  assert.equal(messageOf('999999999999999d'), 'is too large')
})

test('a size is a number and a unit, binary or decimal', () => {
  const table = {
    '512B': 512,
    '16KiB': 16_384,
    '10MiB': 10_485_760,
    '1GiB': 2 ** 30,
    '10kB': 10_000,
    '1.5MB': 1_500_000,
  }
  for (const [text, octets] of Object.entries(table))
    assert.deepEqual(parseSize(text), { ok: true, value: octets }, text)
  for (const text of ['16', '16K', '0B', 'many']) assert.equal(parseSize(text).ok, false, text)
})

test('workers are counted, or as many as there are cores', () => {
  assert.deepEqual(parseWorkerCount('auto'), { ok: true, value: 'auto' })
  assert.deepEqual(parseWorkerCount('2'), { ok: true, value: 2 })
  for (const text of ['0', '-1', '1.5', 'many', '']) assert.equal(parseWorkerCount(text).ok, false, text)
})
