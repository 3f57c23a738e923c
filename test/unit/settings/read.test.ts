import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { decodeUtf8, MAX_FILE_BYTES, readBytes, readLayers, reasonOf } from '../../../src/settings/read.ts'
import { sayProblem } from '../../support/settings-tree.ts'

const cwd = mkdtempSync(join(tmpdir(), 'mg-read-'))
after(() => rmSync(cwd, { recursive: true }))

function write(name: string, content: string | Buffer): string {
  writeFileSync(join(cwd, name), content)
  return name
}

async function read(...names: string[]) {
  const { layers, problems, paths } = await readLayers(names, cwd)
  return {
    layers: layers.map(layer => layer.map(source => [source.label, source.text])),
    said: problems.map(sayProblem),
    paths,
  }
}

test('a layer is a file, or a folder with every file `*.yml` in name order', async () => {
  write('a.yml', 'a: 1\n')
  mkdirSync(join(cwd, 'conf.d'))
  for (const name of ['20-b.yml', '10-a.yml', 'notes.yaml', '.hidden.yml', 'x.yml.bak'])
    write(`conf.d/${name}`, `${name}\n`)
  const { layers, said, paths } = await read('a.yml', 'conf.d')
  assert.deepEqual(layers, [
    [['a.yml', 'a: 1\n']],
    [
      ['conf.d/10-a.yml', '10-a.yml\n'],
      ['conf.d/20-b.yml', '20-b.yml\n'],
    ],
  ])
  assert.deepEqual(said, [])
  assert.deepEqual(
    paths,
    ['a.yml', 'conf.d', 'conf.d/10-a.yml', 'conf.d/20-b.yml'].map(name => join(cwd, name)),
  )
})

test('what cannot be read is a problem, is watched all the same, and the rest is read', async () => {
  mkdirSync(join(cwd, 'empty'))
  write('empty/a.yaml', 'a: 1\n')
  symlinkSync('circle', join(cwd, 'circle'))
  execFileSync('mkfifo', [join(cwd, 'pipe')])
  const { layers, said, paths } = await read(
    'nope.yml',
    'a.yml/x.yml',
    'empty',
    'circle',
    'pipe',
    '/dev/zero',
    'a\0b',
    write('ok.yml', 'x'),
  )
  assert.deepEqual(said, [
    'config.file - `nope.yml` cannot be read: there is no such file or folder',
    'config.file - `a.yml/x.yml` cannot be read: there is no such file or folder',
    'config.file - folder `empty` holds no file `*.yml`',
    'config.file - `circle` cannot be read: its symbolic links go round in a circle',
    'config.file - `pipe` cannot be read: it is not a regular file',
    'config.file - `/dev/zero` cannot be read: it is not a regular file',
    'config.file - `a\0b` cannot be read: the system says ERR_INVALID_ARG_VALUE',
  ])
  assert.deepEqual(layers.at(-1), [['ok.yml', 'x']])
  assert.ok(paths.includes(join(cwd, 'nope.yml')))
})

test('a byte order mark is dropped', async () => {
  assert.deepEqual((await read(write('bom.yml', '\ufeffa: 1\n'))).layers, [[['bom.yml', 'a: 1\n']]])
})

test('a file that is not UTF-8 is a problem on the line of the first bad byte', async () => {
  const { said, layers } = await read(write('latin.yml', Buffer.from('a: 1\nb: caf\u00e9\n', 'latin1')))
  assert.deepEqual(said, ['config.encoding latin.yml:2:7+1 `latin.yml` is not UTF-8 text'])
  assert.deepEqual(layers, [[]])
  const utf16 = await read(write('wide.yml', Buffer.from('\ufeffa: 1\n', 'utf16le')))
  assert.deepEqual(utf16.said, ['config.encoding wide.yml:1:1+1 `wide.yml` is not UTF-8 text but UTF-16'])
})

test('control characters and marks that turn the direction of text are problems', async () => {
  const cases = {
    '\0': 'U+0000',
    '\u001b': 'U+001B',
    '\u007f': 'U+007F',
    '\u009b': 'U+009B',
    '\u202e': 'U+202E',
    '\u2066': 'U+2066',
  }
  for (const [character, name] of Object.entries(cases)) {
    const { said } = await read(write('control.yml', `a: 1\nb: x${character}y\n`))
    assert.deepEqual(said, [`config.encoding control.yml:2:5+1 \`control.yml\` holds the control character ${name}`])
  }
  assert.deepEqual((await read(write('fine.yml', 'a:\t1\r\nb: \u00e9\u0085\u2028\n'))).said, [])
})

test('a file beyond the size limit is refused before it is read', async () => {
  write('large.yml', '')
  truncateSync(join(cwd, 'large.yml'), MAX_FILE_BYTES + 1)
  assert.deepEqual((await read('large.yml')).said, [
    'config.file - `large.yml` cannot be read: it is larger than 32 MiB',
  ])
  assert.deepEqual(await readBytes(join(cwd, write('five', '12345')), 4), {
    ok: false,
    reason: 'it is larger than 0.00390625 KiB',
  })
  const exact = await readBytes(join(cwd, 'five'), 5)
  assert.ok(exact.ok && exact.bytes.toString() === '12345')
  const empty = await readBytes(join(cwd, write('nil', '')))
  assert.ok(empty.ok && empty.bytes.length === 0)
})

test('text is decoded strictly', () => {
  assert.equal(decodeUtf8(Buffer.from([0xc3])), undefined)
  assert.equal(decodeUtf8(Buffer.from([0xed, 0xa0, 0x80])), undefined)
  assert.equal(decodeUtf8(Buffer.from('é')), 'é')
})

test('the reasons of the system are said in our words', () => {
  assert.equal(reasonOf(Object.assign(new Error('x'), { code: 'EACCES' })), 'permission denied')
  assert.equal(reasonOf(Object.assign(new Error('x'), { code: 'EWHAT' })), 'the system says EWHAT')
  assert.equal(reasonOf('odd'), 'the name is not valid')
})
