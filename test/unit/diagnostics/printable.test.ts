import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toPrintable } from '../../../src/diagnostics/printable.ts'

test('what could steer a terminal or turn text is replaced without moving a column', () => {
  const text = 'a\u001b[31mb\tc\u202ed\u0085e\n\u2028'
  const shown = toPrintable(text)
  assert.equal(shown, 'a\ufffd[31mb c\ufffdd\ufffde\ufffd\ufffd')
  assert.equal(shown.length, text.length)
})

test('ordinary text of any language stays', () => {
  assert.equal(toPrintable('größe 東京 🙂'), 'größe 東京 🙂')
})
