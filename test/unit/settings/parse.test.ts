// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSource } from '../../../src/settings/parse.ts'
import { toPlain } from '../../../src/settings/settings-node.ts'
import { sayProblem, sourceOf } from '../../support/settings-tree.ts'

function parse(text: string): { values: unknown[]; said: string[]; intact: boolean } {
  const { documents, problems, intact } = parseSource(sourceOf(text))
  const values = documents.map(document => JSON.parse(JSON.stringify(toPlain(document))))
  return { values, said: problems.map(sayProblem), intact }
}

test('scalars follow the core schema of YAML 1.2, whatever a directive says', () => {
  const text = '%YAML 1.1\n---\na: yes\nb: 0o17\nc: 1_000\nd: 012\ne: ~\nf: True\ng: 2026-01-01\nh: 1:30\n'
  const { values, said } = parse(text)
  assert.deepEqual(values, [{ a: 'yes', b: 15, c: '1_000', d: 12, e: null, f: true, g: '2026-01-01', h: '1:30' }])
  assert.deepEqual(said, [])
})

test('keys are always text', () => {
  assert.deepEqual(parse('1.10: a\ntrue: b\nnull: c\n').values, [{ '1.10': 'a', true: 'b', null: 'c' }])
})

test('every document of a text is read; documents without content are left out', () => {
  assert.deepEqual(parse('a: 1\n---\n# only a comment\n---\nb: 2\n...\n').values, [{ a: 1 }, { b: 2 }])
  assert.deepEqual(parse('# nothing\n').values, [])
  assert.deepEqual(parse('').values, [])
})

test('one mistake is one problem, however often the parser stumbles', () => {
  for (const text of ['a:\n  b: 1\n    c: 2\n', 'a: { p: ${X} }\nb: [ ${Y} ]\n', 'a:\n  - 1\n - 2\n', 'a: 1\n- b\n']) {
    const { said, intact } = parse(text)
    assert.equal(said.length, 1, said.join('\n'))
    assert.equal(intact, false)
  }
})

test('mistakes that leave the text around them readable are reported together', () => {
  const { said } = parse('a: "\\q"\nb: @x\nc: %y\nd: "open\n')
  assert.deepEqual(said, [
    'config.syntax test.yml:1:5+1 there is no such escape in a text with double quotes',
    'config.syntax test.yml:2:4+1 a value without quotes cannot start with `@`',
    'config.syntax test.yml:3:4+1 a value without quotes cannot start with `%`',
    'config.syntax test.yml:4:4+1 a quote " is never closed',
  ])
})

test('mistakes of several documents are reported together', () => {
  assert.equal(parse('a: [1\n---\nb: {x\n---\nc: 3\n').said.length, 2)
})

test('text that is cut anywhere is a problem or a smaller configuration, never a crash', () => {
  const text =
    '--- !<authServerAlias>\nid: "x"\nlist: [ { a: 1, b: \'two\' } ]\nblock: |\n  text\nalias: &x y\nuse: *x\n'
  for (let length = 0; length <= text.length; length++) parse(text.slice(0, length))
})

test('nesting and aliases that explode are refused quickly', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[index]}`).join(',')}]`)
    .join('\n')}\n`
  const exploded = parse(bomb)
  assert.equal(exploded.intact, false)
  assert.match(exploded.said[0] ?? '', /aliases repeat more than 10000 values/)
  for (const text of [
    '['.repeat(50_000),
    '{a: '.repeat(20_000),
    '- '.repeat(10_000),
    `${'[['.repeat(50)}${']]'.repeat(50)}`,
  ]) {
    const { said, intact } = parse(`x: ${text}`)
    assert.equal(intact, false)
    assert.ok(said.length >= 1)
  }
})
