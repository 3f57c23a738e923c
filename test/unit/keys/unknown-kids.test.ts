import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnknownKids } from '../../../src/keys/unknown-kids.ts'

test('what was asked for in vain is known until it is cleared', () => {
  const unknown = new UnknownKids()
  unknown.note('a')
  unknown.note(undefined)
  assert.deepEqual([unknown.has('a'), unknown.has('b'), unknown.has(undefined)], [true, false, false])
  unknown.clear()
  assert.equal(unknown.has('a'), false)
})

test('it holds a thousand, none of them long', () => {
  const unknown = new UnknownKids()
  for (let i = 0; i < 2_000; i++) unknown.note(`kid-${i}`)
  assert.deepEqual([unknown.has('kid-0'), unknown.has('kid-999'), unknown.has('kid-1000')], [true, true, false])
  unknown.clear()
  unknown.note('x'.repeat(257))
  assert.equal(unknown.has('x'.repeat(257)), false)
})
