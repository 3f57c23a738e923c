import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runLong } from '../soak/long-run.ts'
import { makeFolder } from '../support/command.ts'

test('F9: a load with reloads fails nobody, and its curves are drawn', async t => {
  const picture = join(makeFolder(t), 'curves.svg')
  // Whether memory is level takes longer to tell than a test may take.
  const { figures } = await runLong(t, { seconds: 3, reloadEverySeconds: 1, picture })
  assert.deepEqual([figures['failed'], figures['wrong'], figures['reloads']], [0, 0, 3])
  const drawn = readFileSync(picture, 'utf8')
  assert.match(drawn, /^<svg [\s\S]*<\/svg>\n$/)
  assert.equal(drawn.match(/<polyline/g)?.length, 4)
  assert.doesNotMatch(drawn, /NaN|undefined|Infinity/)
})
