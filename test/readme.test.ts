/** Runs the README as a newcomer does: every code block, on a copy of the files that it names. */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type GatewayProcess, makeFolder, runCommand, startGatewayProcess } from './support/command.ts'
import { readCodeBlocks } from './support/markdown.ts'
import { openShell, type Shell } from './support/shell.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const page = readFileSync(join(root, 'README.md'), 'utf8')
const [install = '', calls = '', work = '', ...others] = readCodeBlocks(page, 'sh')

test('the README has the code blocks that this test runs, and no others', () => {
  assert.equal(readCodeBlocks(page, 'yaml').length, 1)
  assert.equal(install, 'npm ci && npm start\n')
  assert.deepEqual(others, [])
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.equal(scripts.start, 'node src/launch.js start')
  assert.equal(scripts.microgateway, 'node src/launch.js')
})

test('the file of the README passes check, without its issuer', async t => {
  const [yaml = ''] = readCodeBlocks(page, 'yaml')
  const cwd = makeFolder(t, { 'orders.yml': yaml })
  const { code, stdout, stderr } = await runCommand(t, ['check', 'orders.yml'], { cwd })
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assert.match(stdout, /^✔ orders\.yml is fine/)
})

test('npm start serves microgateway.yml, and the calls of the banner and of the README show 401, a token, 200', async t => {
  const cwd = makeFolder(t)
  for (const name of ['microgateway.yml', 'samples']) cpSync(join(root, name), join(cwd, name), { recursive: true })
  const gateway = await startGatewayProcess(t, { cwd })
  const shell = openShell(t, { cwd })

  const printed = /^try it:\n((?:.+\n){3})/m.exec(gateway.stderr)?.[1]
  assert.ok(printed !== undefined, gateway.stderr)
  await followCalls(shell, printed)
  assert.equal(printed, onPortOf(gateway, calls), 'the README shows what the banner prints')
  await followCalls(shell, onPortOf(gateway, calls))

  for (const line of work.trimEnd().split('\n')) {
    const command = line.replace(/\s+#.*$/, '')
    if (command === 'npm test') continue
    const args = /^npm run -s microgateway -- (.*)$/.exec(command)?.[1]
    assert.ok(args !== undefined, `a line that nobody runs: ${command}`)
    const { code, stderr } = await runCommand(t, args.split(' '), { cwd })
    assert.equal(code, 0, `${command}: ${stderr}`)
  }

  writeFileSync(
    join(cwd, 'microgateway.yml'),
    readFileSync(join(cwd, 'microgateway.yml'), 'utf8').replace('name: quickstart', 'name: edited'),
  )
  await gateway.printed(/^reloaded, now on/m)
  gateway.signal('SIGTERM')
  assert.equal(await gateway.ended(), 0)
})

function onPortOf(gateway: GatewayProcess, text: string): string {
  return text.replaceAll('http://127.0.0.1:4485', gateway.url)
}

/** Makes three calls as they are written, one line each. */
async function followCalls(shell: Shell, text: string): Promise<void> {
  const [first = '', second = '', third = '', ...rest] = text.trimEnd().split('\n')
  assert.deepEqual(rest, [])
  const refused = await shell.run(first)
  assert.match(refused.output, /^HTTP\/1\.1 401 /, refused.errors)
  assert.match(refused.output, /^www-authenticate: Bearer realm="orders"\r$/im)
  assert.match(refused.output, /"code": ?"credentials\.missing"/)
  await shell.run(second)
  const { output: token } = await shell.run('printf %s "$TOKEN"')
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  const served = await shell.run(third)
  assert.match(served.output, /^HTTP\/1\.1 200 /, served.errors)
  assert.ok(!served.output.includes(token), 'the echo service masks credentials')
  await shell.run('unset TOKEN')
}
