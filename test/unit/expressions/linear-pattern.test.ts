import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyNotLinear } from '../../../src/expressions/linear-pattern.ts'

test('counts up to 16 can be run in linear time, and so can what has no count', () => {
  for (const pattern of [
    '^(a+)+$',
    'a{16}',
    'a{0,16}b{16}',
    '(a{4}){4}',
    '(?:[a-z]{1,16}\\.)+',
    '[{17}]',
    '\\{17}',
    'x{,17}',
  ]) {
    assert.equal(whyNotLinear(pattern), undefined, pattern)
  }
})

test('counts inside each other multiply, and an open repetition of what may be empty costs a copy more', () => {
  for (const pattern of [
    'a{17}',
    'a{1,17}?',
    '(a{4}){5}',
    '((a{2}){2}){5}',
    '[]]{17}',
    '(?:a{0,16})+',
    '(?:a{4}|b?){4,}',
    '((\\ba{0,4})+?){0,4}',
    '(?:^a{0,9})+',
  ]) {
    assert.equal(whyNotLinear(pattern), 'repetitions', pattern)
  }
})

test('flags inside a pattern are not for that engine', () => {
  assert.equal(whyNotLinear('(?i:a)'), 'flags')
  assert.equal(whyNotLinear('(?-s:a)'), 'flags')
  assert.equal(whyNotLinear('(?<name>a)(?:b)'), undefined)
})
