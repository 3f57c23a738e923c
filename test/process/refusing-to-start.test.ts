/** What stands in the way of a start, and the exit code that tells a service manager whether to try again. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { makeFolder, runCommand } from '../support/command.ts'

const GOOD = 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n'
const EPHEMERAL = { mcgw_ports_http: '127.0.0.1:0', mcgw_ports_admin: '127.0.0.1:0' }

test('a configuration that is not valid is 78, with every problem in a code frame', async t => {
  const cwd = makeFolder(t, {
    'microgateway.yml': 'apis:\n  - name: orders\n    upstreem: builtin:echo\n    policies: [ jwt: nobody ]\n',
  })
  const { code, stdout, stderr } = await runCommand(t, ['start'], { cwd, environment: EPHEMERAL })
  assert.equal(code, 78)
  assert.equal(stdout, '')
  assert.match(
    stderr,
    /error\[config\.unknown_key\][\s\S]*--> microgateway\.yml:3:5[\s\S]*3 \| {5}upstreem: builtin:echo\n/,
  )
  assert.match(stderr, /error\[config\.reference\][\s\S]*--> microgateway\.yml:4:22/)
  assert.match(stderr, /microgateway did not start/)
})

test('a file that is not there, and one that is empty, are 78', async t => {
  const cwd = makeFolder(t, { 'empty.yml': '# nothing\n' })
  for (const name of ['missing.yml', 'empty.yml']) {
    const { code, stderr } = await runCommand(t, ['start', '-c', name], { cwd })
    assert.equal(code, 78, stderr)
    assert.match(stderr, /^error\[config\.\w+\]/)
    assert.ok(stderr.includes(name), stderr)
  }
})

test('a port that is taken is 71, and the problem points to it', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const cwd = makeFolder(t, { 'microgateway.yml': `ports:\n  http: 127.0.0.1:${port}\n  admin: 127.0.0.1:0\n${GOOD}` })
  const { code, stderr } = await runCommand(t, ['start'], { cwd })
  assert.equal(code, 71)
  assert.match(
    stderr,
    new RegExp(
      `error\\[config\\.unusable\\]: \`ports\\.http\` cannot be opened at 127\\.0\\.0\\.1:${port}: it is in use`,
    ),
  )
  assert.match(stderr, /--> microgateway\.yml:2:9[\s\S]*EADDRINUSE/)
})

test('a published secret is refused on a listener that is not loopback, and a warning on one that is', async t => {
  const cwd = makeFolder(t, {
    'microgateway.yml': `admin_api: { user: operator, password: change-me }\n${GOOD}`,
  })
  const environment = { ...EPHEMERAL, mcgw_ports_http: '0.0.0.0:0' }
  const started = await runCommand(t, ['start'], { cwd, environment })
  assert.equal(started.code, 78)
  assert.match(started.stderr, /error\[config\.published_secret\]/)
  assert.ok(!started.stderr.includes('change-me'), 'the secret is masked in the frame')
  const checked = await runCommand(t, ['check'], { cwd, environment })
  assert.equal(checked.code, 0)
  assert.match(checked.stderr, /warning\[config\.published_secret\]/)
})

test('wrong usage is 64, with what was probably meant', async t => {
  const cwd = makeFolder(t)
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [['chek'], /did you mean `check`\?/],
    [['start', '--confg', 'x'], /did you mean `--config`\?/],
    [[], /no command given/],
  ]
  await Promise.all(
    mistakes.map(async ([args, hint]) => {
      const { code, stdout, stderr } = await runCommand(t, args, { cwd })
      assert.equal(code, 64, stderr)
      assert.equal(stdout, '')
      assert.match(stderr, hint)
    }),
  )
})

const NEEDS_NEWER =
  /^microgateway needs Node\.js 24 or later, and this is Node\.js (\S+): start it with "npm start"[^\n]*\n$/

test('a Node.js below 24 is told what is needed, in one line and with 78', async t => {
  const cwd = makeFolder(t, {
    'microgateway.yml': GOOD,
    'old.cjs': "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.19.0' } })",
  })
  const { code, stdout, stderr } = await runCommand(t, ['start'], {
    cwd,
    nodeOptions: ['--require', join(cwd, 'old.cjs')],
  })
  assert.equal(code, 78)
  assert.equal(stdout, '')
  assert.equal(NEEDS_NEWER.exec(stderr)?.[1], '22.19.0')
})

test('so is every real one that is installed here', async t => {
  const cwd = makeFolder(t, { 'microgateway.yml': GOOD })
  for (const node of listOldNodes()) {
    const { code, stderr } = await runCommand(t, ['start'], { cwd, node })
    assert.equal(code, 78, stderr)
    assert.match(stderr, NEEDS_NEWER)
  }
})

function listOldNodes(): string[] {
  const found = (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'node'))
  return found
    .filter(path => existsSync(path))
    .filter(path => Number(/^v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]) < 24)
}
