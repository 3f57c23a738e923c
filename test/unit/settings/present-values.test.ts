import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutNulls } from '../../../src/settings/present-values.ts'

test('null members are absent, null items stay where they are', () => {
  const copy = withoutNulls({ a: null, b: [null, { c: null, d: 1 }] })
  assert.deepEqual(JSON.parse(JSON.stringify(copy)), { b: [null, { d: 1 }] })
})

test('claim sets keep their nulls, which are mistakes', () => {
  const copy = withoutNulls({ claim_sets: [{ sub: null }] })
  assert.deepEqual(JSON.parse(JSON.stringify(copy)), { claim_sets: [{ sub: null }] })
})

test('the copy shares no object and keeps a key named __proto__ as a key', () => {
  const original = { a: { b: 1 }, ...JSON.parse('{"__proto__": {"x": 1}}') }
  const copy = withoutNulls(original)
  assert.notEqual(Reflect.get(Object(copy), 'a'), original.a)
  assert.equal(Object.getPrototypeOf(copy), null)
})

test('what is nested without end is cut, not followed', () => {
  let deep: unknown = 1
  for (let level = 0; level < 100_000; level++) deep = [deep]
  assert.doesNotThrow(() => withoutNulls(deep))
})
