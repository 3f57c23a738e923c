// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { type Environment, interpolate, peek, readValueFiles } from '../../../src/settings/interpolate.ts'
import { parseSource } from '../../../src/settings/parse.ts'
import { toPlain } from '../../../src/settings/settings-node.ts'
import { createSourceText } from '../../../src/settings/source-text.ts'
import { sayProblem, scalarAt, shapesFrom, treeOf } from '../../support/settings-tree.ts'

const schemaAt = shapesFrom({
  port: 'integer,string',
  flag: 'boolean',
  text: 'string',
  list: 'array',
  'list.*': 'string',
})

function replace(text: string, environment: Environment): { value: unknown; problems: Problem[] } {
  const problems: Problem[] = []
  const tree = interpolate(treeOf(text), { environment, files: new Map(), schemaAt }, problems)
  return { value: JSON.parse(JSON.stringify(toPlain(tree))), problems }
}

test('references are replaced inside of scalars, keys are not', () => {
  const { value } = replace('text: "a ${X} b"\n"${X}": 1\nlist: [ "${X}", y ]\n', { X: '1' })
  assert.deepEqual(value, { text: 'a 1 b', '${X}': 1, list: ['1', 'y'] })
})

test('a value is re-typed only where the schema wants something other than a string, quoted or not', () => {
  const { value } = replace('port: ${P}\nflag: "${F}"\ntext: ${P}\nother: ${P}\n', { P: '4485', F: 'true' })
  assert.deepEqual(value, { port: 4485, flag: true, text: '4485', other: '4485' })
})

test('a value can never add structure', () => {
  const hostile = '[ a, b ]\nadmin: true\n- x\n{ a: 1 }'
  assert.deepEqual(replace('text: ${X}\nlist: [ "${X}" ]\n', { X: hostile }).value, { text: hostile, list: [hostile] })
})

test('a replaced value is not looked at again', () => {
  assert.deepEqual(replace('text: ${X}\n', { X: '${Y}$$', Y: 'no' }).value, { text: '${Y}$$' })
})

test('defaults and messages count where the variable is not set or empty', () => {
  assert.deepEqual(replace('text: "${X:-d}"\n', {}).value, { text: 'd' })
  assert.deepEqual(replace('text: "${X:-d}"\n', { X: '' }).value, { text: 'd' })
  assert.deepEqual(replace('text: "${X:-d}"\n', { X: 'x' }).value, { text: 'x' })
  assert.deepEqual(replace('text: "${X}"\n', { X: '' }).value, { text: '' })
  const [problem] = replace('text: "${X:?set it to the key}"\n', { X: '' }).problems
  assert.equal(problem?.label, 'set it to the key')
})

test('a variable that is not set is a problem at the reference', () => {
  const { problems } = replace('a: 1\ntext: "key ${NOPE} and ${NOPE_TOO}"\n', {})
  assert.deepEqual(problems.map(sayProblem), [
    'config.interpolation test.yml:2:12+7 the environment variable `NOPE` is not set',
    'config.interpolation test.yml:2:24+11 the environment variable `NOPE_TOO` is not set',
  ])
})

test('names that every object has are not variables', () => {
  assert.equal(replace('text: ${constructor}\n', {}).problems.length, 1)
  assert.equal(replace('text: ${__proto__}\n', {}).problems.length, 1)
})

test('files are read relative to the file that names them, without their last line break', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mg-values-'))
  try {
    writeFileSync(join(directory, 'key'), 'line one\nline two\n')
    writeFileSync(join(directory, 'bad'), Buffer.from([0xff, 0xfe, 0x00]))
    const text = 'text: ${file:key}\nbad: ${file:bad}\nnone: ${file:none}\nfolder: ${file:.}\n'
    const { documents } = parseSource(createSourceText({ label: 'f.yml', text, directory, kind: 'file' }))
    const tree = documents[0]
    assert.ok(tree)
    const files = await readValueFiles(tree)
    assert.deepEqual(
      [...files.keys()],
      ['key', 'bad', 'none', '.'].map(name => join(directory, name)),
    )
    const problems: Problem[] = []
    const result = interpolate(tree, { environment: {}, files, schemaAt }, problems)
    assert.equal((toPlain(result) as { text: string }).text, 'line one\nline two')
    assert.deepEqual(
      problems.map(problem => `${problem.message}: ${problem.label}`),
      [
        'the file `bad` cannot be read: it is not UTF-8 text',
        'the file `none` cannot be read: there is no such file or folder',
        'the file `.` cannot be read: it is not a regular file',
      ],
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('only what the operator wrote is replaced', () => {
  const source = createSourceText({ label: 'download', text: 'text: ${X}\n', directory: '/', kind: 'download' })
  const [tree] = parseSource(source).documents
  assert.ok(tree)
  const problems: Problem[] = []
  const result = interpolate(tree, { environment: { X: 'secret' }, files: new Map(), schemaAt }, problems)
  assert.equal(JSON.stringify(toPlain(result)), '{"text":"${X}"}')
  assert.deepEqual(problems, [])
})

test('names can be compared before anything is replaced', () => {
  const node = scalarAt(treeOf('name: "${N:-x}-${M}"\n'), 'name')
  assert.equal(peek(node, {}), 'x-${M}')
  assert.equal(peek(node, { N: 'a', M: 'b' }), 'a-b')
  assert.equal(peek(scalarAt(treeOf('version: 1.10\n'), 'version'), {}), '1.10')
})
