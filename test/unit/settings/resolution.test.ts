import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryOf, toBytes, toMs, valid } from '../../../src/settings/resolution.ts'

test('durations end at what a timer of Node.js can wait', () => {
  assert.equal(toMs('30s'), 30_000)
  assert.equal(toMs('0s'), 0)
  assert.equal(toMs('365d'), 2 ** 31 - 1)
})

test('sizes are octets', () => {
  assert.equal(toBytes('16KiB'), 16_384)
})

test('resolving what is not valid is a defect', () => {
  assert.throws(() => toMs('soon'))
  assert.throws(() => valid({ ok: false, message: 'is wrong', help: undefined }))
})

test('an entry is found by alias, or is the only one', () => {
  const entries = [{ alias: 'a' }, { alias: 'b' }]
  assert.deepEqual(entryOf(entries, 'b'), { entry: { alias: 'b' }, index: 1 })
  assert.deepEqual(entryOf(entries, undefined), { entry: { alias: 'a' }, index: 0 })
  assert.equal(entryOf(entries, 'c'), undefined)
  assert.equal(entryOf(undefined, undefined), undefined)
})
