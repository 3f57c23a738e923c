/**
 * `require` may hold a regular expression, and the caller chooses the text that it is tried on. V8's linear engine takes over what
 * backtracks too long, but not a pattern that counts beyond 16, and those up to 100 were let in: `^(.*a){50}$` on a path of a few
 * hundred characters held the process for minutes (quality.md F11). Whatever is let in now, that engine can take over.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import fc from 'fast-check'
import { createExpressionCompiler } from '../../src/expressions/expression.ts'
import { whyNotLinear } from '../../src/expressions/linear-pattern.ts'

// With this flag `l` asks for that engine, and a pattern that it cannot take is a syntax error.
setFlagsFromString('--enable-experimental-regexp-engine')

const atom = fc.constantFrom(
  'a',
  '.',
  '[a-z]',
  '[^{]',
  '[\\]{9}]',
  '\\d',
  '\\{',
  '\\(',
  '\\b',
  '\\B',
  '^',
  '$',
  '{',
  'x{',
  '{,3}',
  ' ',
)
const suffix = fc.constantFrom('', '', '*', '+?', '?', '{2}', '{0,4}', '{4,}', '{8}', '{16}', '{17}', '{0}', '{1,40}?')
const { pattern } = fc.letrec<{ pattern: string }>(tie => ({
  pattern: fc
    .array(
      fc.tuple(
        fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          atom,
          tie('pattern').map(inner => `(${inner})`),
          tie('pattern').map(inner => `(?:${inner}|b)`),
        ),
        suffix,
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map(parts => parts.flat().join('')),
}))

function isRegExp(text: string, flags: string): boolean {
  try {
    new RegExp(text, flags)
    return true
  } catch {
    return false
  }
}

test('a pattern that is let in can be run by the linear engine', () => {
  fc.assert(
    fc.property(pattern, text => {
      if (!isRegExp(text, '') || whyNotLinear(text) !== undefined) return
      assert.ok(isRegExp(text, 'l'), text)
    }),
    { numRuns: 3_000 },
  )
})

test('a pattern that counts beyond what the linear engine can do is refused, with what to write instead', () => {
  const { check } = createExpressionCompiler()
  for (const text of ['^(.*a){50}$', '^(?:a{4}){5}$', '[0-9a-f]{32}', '(a{1,4}b){1,5}']) {
    const problem = check(`request.path.matches('${text}')`)
    assert.match(problem?.message ?? '', /more than 16 times/, text)
    assert.match(problem?.help ?? '', /several times/, text)
  }
  assert.equal(check("request.path.matches('^[0-9a-f]{16}[0-9a-f]{16}$')"), undefined)
})
