import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FORMATS } from '../../../src/settings/formats.ts'

test('every parser refuses nonsense in words, and never throws', () => {
  for (const [name, parse] of FORMATS) {
    for (const text of [
      '\u0000',
      '\ud800',
      '%',
      '//',
      ':',
      '-',
      '{',
      '[',
      'a'.repeat(10_000),
      '/'.repeat(10_000),
      '1'.repeat(10_000),
    ]) {
      const answer = parse(text)
      assert.ok(answer.ok || answer.message.length < 20_100, name)
    }
    const answer = parse('\u0000')
    assert.ok(!answer.ok && answer.message !== '' && !answer.message.endsWith('.'), name)
  }
})
