import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkStateFolder } from '../../../src/settings/state-folder.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const folder = mkdtempSync(join(tmpdir(), 'state-folder-'))
after(() => rmSync(folder, { recursive: true }))

test('a folder that can be made is fine, and is not made', () => {
  assert.deepEqual(checkStateFolder(inspectionOf('state_dir: ./deep/data', { folder })), [])
  assert.equal(existsSync(join(folder, 'deep')), false)
})

test('a file in the way is a warning', () => {
  writeFileSync(join(folder, 'file'), '')
  for (const path of ['./file', './file/data']) {
    assert.deepEqual(checkStateFolder(inspectionOf(`state_dir: ${path}`, { folder })).map(sayFinding), [
      'warning config.unusable /state_dir',
    ])
  }
})

test('without a word the folder is beside the first file', () => {
  assert.deepEqual(checkStateFolder(inspectionOf('name: x', { folder })), [])
})
