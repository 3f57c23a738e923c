import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openLogDestination } from '../../../src/log/destination.ts'

const root = mkdtempSync(join(tmpdir(), 'log-'))
after(() => rmSync(root, { recursive: true, force: true }))

test('all lines are there after close, in order', async () => {
  const path = join(root, 'a.log')
  const destination = openLogDestination(openSync(path, 'w'))
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i}\n`)
  for (const line of lines) destination.write(line)
  await destination.close()
  assert.equal(readFileSync(path, 'utf8'), lines.join(''))
  assert.equal(destination.dropped, 0)
})

/** Runs a script in a process of its own, behind a shell pipeline; returns what both streams got. */
function runScript(body: string, pipeline = ''): { readonly stdout: string; readonly stderr: string } {
  const source = new URL('../../../src/log/destination.ts', import.meta.url).href
  const script = `import { openLogDestination } from ${JSON.stringify(source)}
    const destination = openLogDestination(1)
    ${body}`
  const command = `"$NODE" --input-type=module -e "$SCRIPT" ${pipeline}`
  const env = { ...process.env, NODE: process.execPath, SCRIPT: script }
  return spawnSync('sh', ['-c', command], { encoding: 'utf8', env, timeout: 10_000 })
}

test('the last words of a process that exits at once are written by close', () => {
  const { stdout, stderr } = runScript(`
    for (let i = 0; i < 50; i++) destination.write('line ' + i + '\\n')
    await destination.close()
    process.exit(0)`)
  assert.equal(stderr, '')
  assert.equal(stdout.trimEnd().split('\n').at(-1), 'line 49')
})

test('a reader of the log that went away does not end the gateway', () => {
  const body = `
    const tick = () => new Promise(resolve => setImmediate(resolve))
    for (let i = 0; i < 200; i++) {
      destination.write('line ' + i + '\\n')
      await tick()
    }
    await destination.close()
    console.error('still here')`
  const { stderr } = runScript(body, '| true')
  assert.equal(stderr, 'still here\n')
})
