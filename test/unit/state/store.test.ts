import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Result } from '../../../src/errors/denial.ts'
import { toFileName } from '../../../src/state/file-name.ts'
import { createStore, type StoreFailure } from '../../../src/state/store.ts'

const root = mkdtempSync(join(tmpdir(), 'store-'))
after(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
function freshFolder(): string {
  folders += 1
  return join(root, String(folders), 'state')
}

function textOf(result: Result<Uint8Array | undefined, StoreFailure>): string | undefined {
  assert.ok(result.ok)
  return result.value === undefined ? undefined : Buffer.from(result.value).toString('utf8')
}

function reasonOf(result: Result<unknown, StoreFailure>): string | undefined {
  return result.ok ? undefined : result.error.reason
}

test('what was written is read back, and nothing is created before the first write', async () => {
  const folder = freshFolder()
  const store = createStore(folder)
  assert.equal(textOf(await store.read('key.pem')), undefined)
  assert.ok(!existsSync(folder))
  assert.ok((await store.write('key.pem', 'one')).ok)
  assert.ok((await store.write('key.pem', Buffer.from('two'))).ok)
  assert.equal(textOf(await store.read('key.pem')), 'two')
})

test('the directory is its owner’s alone, and so is each file', async () => {
  const folder = freshFolder()
  assert.ok((await createStore(folder).write('key.pem', 'x')).ok)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(statSync(join(folder, 'key.pem')).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(folder), ['key.pem'])
})

test('creating never replaces: the first of two writers wins', async () => {
  const store = createStore(freshFolder())
  const results = await Promise.all([store.create('key.pem', 'a'), store.create('key.pem', 'b')])
  assert.deepEqual(results.map(result => result.ok && result.value).sort(), [false, true])
  const winner = results[0]?.ok && results[0].value ? 'a' : 'b'
  assert.equal(textOf(await store.read('key.pem')), winner)
  assert.deepEqual(readdirSync(store.directory), ['key.pem'])
})

test('names that could leave the directory are refused', async () => {
  const store = createStore(freshFolder())
  for (const name of ['', '.', '..', '../x', 'a/b', 'a\\b', '.hidden', 'A', 'a\0', 'x'.repeat(200)]) {
    assert.equal(reasonOf(await store.write(name, 'x')), 'name_invalid', name)
    assert.equal(reasonOf(await store.read(name)), 'name_invalid', name)
  }
})

test('a symbolic link, a folder or a FIFO in the place of a file is not read', async () => {
  const folder = freshFolder()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(root, 'elsewhere'), 'secret')
  symlinkSync(join(root, 'elsewhere'), join(folder, 'link'))
  mkdirSync(join(folder, 'folder'))
  execFileSync('mkfifo', [join(folder, 'fifo')])
  const store = createStore(folder)
  for (const name of ['link', 'folder', 'fifo']) assert.equal(reasonOf(await store.read(name)), 'not_a_file', name)
})

test('a write through a symbolic link replaces the link, not what it points to', async () => {
  const folder = freshFolder()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(root, 'target'), 'old')
  symlinkSync(join(root, 'target'), join(folder, 'link'))
  assert.ok((await createStore(folder).write('link', 'new')).ok)
  assert.equal(readFileSync(join(root, 'target'), 'utf8'), 'old')
})

test('files beyond the bound are neither written nor read', async () => {
  const folder = freshFolder()
  assert.equal(reasonOf(await createStore(folder, { maxBytes: 3 }).write('a', 'four')), 'too_large')
  assert.ok((await createStore(folder).write('a', 'four')).ok)
  assert.equal(reasonOf(await createStore(folder, { maxBytes: 3 }).read('a')), 'too_large')
})

test('a directory that cannot be used is a value, not an exception', async () => {
  const file = join(root, 'a-file')
  writeFileSync(file, '')
  const store = createStore(join(file, 'state'))
  assert.equal(reasonOf(await store.write('a', 'x')), 'unusable')
  assert.equal(reasonOf(await store.create('a', 'x')), 'unusable')
  assert.deepEqual(await store.read('a'), { ok: true, value: undefined }, 'there is none')
  assert.equal(reasonOf(await createStore(file).create('a', 'x')), 'unusable')
})

test('a write that fails at its last step leaves no temporary file behind', async () => {
  const folder = freshFolder()
  mkdirSync(join(folder, 'a'), { recursive: true })
  writeFileSync(join(folder, 'a', 'inside'), '')
  assert.equal(reasonOf(await createStore(folder).write('a', 'new')), 'unusable')
  assert.deepEqual(readdirSync(folder), ['a'])
})

test('what a killed process left behind is removed once it is old, and only that', async () => {
  const folder = freshFolder()
  mkdirSync(folder, { recursive: true })
  const [old, young, foreign] = ['.a.0123456789ab.tmp', '.a.ba9876543210.tmp', '.keep.tmp']
  for (const name of [old, young, foreign]) writeFileSync(join(folder, name), '')
  for (const name of [old, foreign]) utimesSync(join(folder, name), 1, 1)
  assert.ok((await createStore(folder).write('a', 'x')).ok)
  assert.deepEqual(readdirSync(folder).sort(), [young, foreign, 'a'].sort())
})

test('file names made from texts are legal, readable, and differ where the texts do', () => {
  const names = [
    toFileName('k', ['a', 'b-c'], '.pem'),
    toFileName('k', ['a-b', 'c'], '.pem'),
    toFileName('k', ['A', 'b-c'], '.pem'),
    toFileName('k', ['../../etc', 'ü'], '.pem'),
    toFileName('k', ['x'.repeat(500), 'y'], '.pem'),
  ]
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9._-]{0,150}$/)
  assert.match(names[0] ?? '', /^k\.a\.b-c\.[0-9a-f]{8}\.pem$/)
})

test('a folder that takes no other folders is a failure, not an endless attempt', {
  skip: !existsSync('/proc/self'),
}, async () => {
  const written = await createStore('/proc/microgateway/state').write('key', 'x')
  assert.ok(!written.ok && written.error.reason === 'unusable', JSON.stringify(written))
})
