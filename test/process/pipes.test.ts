/** What happens to output when nobody reads it, or somebody does so late. */
import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '../support/command.ts'

const LAUNCH = fileURLToPath(new URL('../../src/launch.js', import.meta.url))

function spawnCommand(t: TestContext, args: readonly string[], files: Record<string, string>) {
  const child = spawn(process.execPath, [LAUNCH, ...args], { cwd: makeFolder(t, files), env: { PATH: '' } })
  t.after(() => void child.kill('SIGKILL'))
  return child
}

async function readAll(stream: ChildProcessWithoutNullStreams['stderr']): Promise<string> {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return text
}

test('a reader that comes late gets every problem', { timeout: 20_000 }, async t => {
  const apis = Array.from(
    { length: 2000 },
    (_, index) => `  - { name: a${index}, opn: true, upstream: "builtin:echo" }\n`,
  )
  const child = spawnCommand(t, ['check', 'many.yml'], { 'many.yml': `apis:\n${apis.join('')}` })
  const ended = once(child, 'close')
  // The last line on standard output comes when everything on standard error is written, or waits to be read.
  const [summary] = await once(child.stdout.setEncoding('utf8'), 'data')
  assert.match(summary, /^many\.yml: 2000 errors, /)
  const problems = await readAll(child.stderr)
  assert.equal(problems.match(/^error\[/gm)?.length, 2000)
  assert.deepEqual(await ended, [1, null])
})

test('a reader that has gone is no defect', { timeout: 20_000 }, async t => {
  const child = spawnCommand(t, ['schema'], {})
  const ended = once(child, 'close')
  child.stdout.destroy()
  assert.equal(await readAll(child.stderr), '')
  assert.deepEqual(await ended, [0, null])
})
