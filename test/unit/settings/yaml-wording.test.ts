// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDocument } from 'yaml'
import { wordSyntaxError } from '../../../src/settings/yaml-wording.ts'

function word(text: string): { message: string; marked: string } {
  const document = parseDocument(text, { stringKeys: true, prettyErrors: false, uniqueKeys: false })
  const [error] = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])
  assert.ok(error, `no error in ${JSON.stringify(text)}`)
  const { message, start, end } = wordSyntaxError(error, document, text)
  return { message, marked: text.slice(start, end) }
}

const CASES: readonly (readonly [text: string, message: string, marked: string])[] = [
  ['a: b: c\n', 'a value here contains `: `', 'b'],
  ['a:\n\tb: 1\n', 'a tab is used for indentation', '\t'],
  ['a: "abc\nb: 2\n', 'a quote " is never closed', '"'],
  ["a: 'abc\nb: 2\n", "a quote ' is never closed", "'"],
  ['a: [1, 2\nb: 3\n', 'a `[` is never closed', '['],
  ['a: { x: 1\nb: 3\n', 'a `{` is never closed', '{'],
  ['a: { b: [1, 2', 'a `[` is never closed', '['],
  ['a: { p: ${X} }\n', 'a reference inside `[ ]` or `{ }` needs quotes', '${'],
  ['a: `x`\n', 'a value without quotes cannot start with a backtick', '`'],
  ['a: "C:\\data"\n', 'there is no such escape in a text with double quotes', '\\'],
  ['a:\n  b: 1\n c: 2\n', 'this line is indented differently from the others of its block', 'c'],
  ['a:\n  - 1\n - 2\n', 'this line is indented differently from the others of its block', '-'],
  ['a:\n  b: 1\n    c: 2\n', 'the line below is indented as if it belonged to this value', '1'],
  ['a: 1\nfoo # why\nb: 2\n', 'a key has no value: `: ` is missing after it', 'foo'],
  ['url:http://x\nb: 1\n', 'a key has no value: `: ` is missing after it', 'url:http://x'],
  ['a: 1\n- b\n', 'a list entry stands among the keys of a map', '-'],
  ['a: "x"#c\n', 'a comment needs a space before its `#`', '#c'],
  ['? [a]\n: b\n', 'a key is not a plain name', '['],
  ['a: |q\n  x\n', 'only a line break can follow `|` or `>`', 'q'],
  ['--- a: 1\n', 'a document cannot start on the line of its `---`', 'a'],
  ['a: [1,,2]\n', 'there is a comma too many', ','],
  ['a: [1]]\n', 'there is a `]` too many', ']'],
  ['a: "x" y\n', 'there is text behind the end of a value', 'y'],
  ['a: & x\n', 'an anchor (`&`) or alias (`*`) has no proper name', '&'],
  ['%FOO\na: 1\n', 'a `---` line is missing after the `%` lines', 'a'],
  ['a: *x y\n', 'there is text behind the end of a value', 'y'],
  ['a: &x &y 1\n', 'a value has two anchors', '&y'],
  ['a: !x !y 1\n', 'a value has two tags', '!y'],
  ['a: &x\nb: &y *x\n', 'an alias cannot have an anchor or a tag of its own', '*x'],
  ['a: !h!x 1\n', 'the tag or the value behind it cannot be read', '!h!x'],
]

test('each mistake is said in our own words, at the text that is to blame', () => {
  for (const [text, message, marked] of CASES) {
    assert.deepEqual(word(text), { message, marked }, JSON.stringify(text))
  }
})

test('no message of the library comes through', () => {
  for (const [text] of CASES) {
    assert.doesNotMatch(word(text).message, /implicit|flow|block (?:map|seq)|scalar|token|mappings/i)
  }
})
