import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawFrame, gutterWidth, type Mark } from '../../../src/diagnostics/code-frame.ts'

const plain = (_style: string, text: string): string => text

function mark(line: number, column: number, length: number, label = '', primary = true): Mark {
  return { place: { file: 'f', line, column, length }, label, primary }
}

test('marks stand under their lines, with three dots where lines are left out', () => {
  const lines = ['a: 1', 'b: 2', 'c: 3', 'd: 4']
  const drawn = drawFrame(lines, [mark(4, 4, 1, 'bad'), mark(1, 1, 1, 'because of this', false)], 2, plain)
  assert.deepEqual(drawn, [' 1 | a: 1', '   | - because of this', '...', ' 4 | d: 4', '   |    ^ bad'])
})

test('two marks on one line are drawn one below the other', () => {
  const drawn = drawFrame(['ab: cd'], [mark(1, 5, 2, 'here'), mark(1, 1, 2, 'there', false)], 2, plain)
  assert.deepEqual(drawn, [' 1 | ab: cd', '   |     ^^ here', '   | -- there'])
})

test('neighbouring lines have no dots between', () => {
  assert.ok(!drawFrame(['a', 'b'], [mark(1, 1, 1), mark(2, 1, 1)], 2, plain).includes('...'))
})

test('a mark beyond the end of a line or of the text is still drawn', () => {
  assert.deepEqual(drawFrame(['ab'], [mark(1, 3, 9, 'ends here')], 2, plain), [' 1 | ab', '   |   ^ ends here'])
  assert.deepEqual(drawFrame([], [mark(3, 1, 1, 'gone')], 2, plain), [' 3 |', '   | ^ gone'])
})

test('a long line is cut around the mark', () => {
  const line = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`
  const [shown = '', under = ''] = drawFrame([line], [mark(1, 501, 4)], 2, plain)
  assert.ok(shown.length < 160)
  const at = under.indexOf('^')
  assert.equal(shown.slice(at, at + 4), 'HERE')
  assert.ok(shown.endsWith('…') && shown.includes('…xxx'))
})

test('the gutter grows with the line numbers', () => {
  assert.equal(gutterWidth([]), 2)
  assert.equal(gutterWidth([mark(1234, 1, 1).place, mark(7, 1, 1).place]), 4)
})

test('a carriage return and control characters never reach the terminal', () => {
  assert.deepEqual(drawFrame(['a\u001b[0m\r'], [mark(1, 1, 1)], 2, plain), [' 1 | a\ufffd[0m', '   | ^'])
})
