import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { followPath } from '../../../src/settings/path-steps.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'mg-steps-')))
after(() => rmSync(root, { recursive: true }))

test('every link on the way is followed, and the folder that holds it is named', async () => {
  mkdirSync(join(root, 'mount/..2024'), { recursive: true })
  writeFileSync(join(root, 'mount/..2024/mg.yml'), 'a: 1\n')
  symlinkSync('..2024', join(root, 'mount/..data'))
  symlinkSync('..data/mg.yml', join(root, 'mount/mg.yml'))
  const { steps, folders } = await followPath(join(root, 'mount/mg.yml'))
  assert.deepEqual(folders.toSorted(), [join(root, 'mount'), join(root, 'mount/..2024')])
  for (const name of ['mount/mg.yml', 'mount/..data', 'mount/..2024', 'mount/..2024/mg.yml'])
    assert.ok(steps.includes(join(root, name)))
})

test('a folder counts with all its entries', async () => {
  mkdirSync(join(root, 'conf.d'))
  const { steps, folders } = await followPath(join(root, 'conf.d'))
  assert.deepEqual(folders, [root, join(root, 'conf.d')])
  assert.ok(steps.includes(`${join(root, 'conf.d')}/*`))
})

test('where something is missing, the folder that would hold it is named', async () => {
  assert.deepEqual((await followPath(join(root, 'later/deep/mg.yml'))).folders, [root])
  symlinkSync(join(root, 'gone/x'), join(root, 'dangling'))
  assert.deepEqual((await followPath(join(root, 'dangling'))).folders, [root])
})

test('links that go round in a circle end', async () => {
  symlinkSync('b', join(root, 'a'))
  symlinkSync('a', join(root, 'b'))
  assert.deepEqual((await followPath(join(root, 'a'))).folders, [root])
})
