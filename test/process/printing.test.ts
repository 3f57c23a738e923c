/** Commands that only print: `schema`, `help`, `--help`, `--version`. Results are on standard output, and nothing is on standard error. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { COMMANDS } from '../../src/cli/command-list.ts'
import { makeFolder, runCommand } from '../support/command.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

test('schema prints a JSON Schema that accepts our files and nothing misspelt', async t => {
  const { code, stdout, stderr } = await runCommand(t, ['schema'], { cwd: makeFolder(t) })
  assert.equal(code, 0)
  assert.equal(stderr, '')
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(JSON.parse(stdout))
  for (const name of ['microgateway.yml', 'test/data/microgateway.minimal.yml', 'samples/requirements.yml']) {
    const value: Record<string, unknown> = parse(read(name), { logLevel: 'silent' })
    assert.ok(validate(value), `${name}: ${JSON.stringify(validate.errors)}`)
    assert.ok(!validate({ ...value, portz: {} }), `${name} with a key too many`)
  }
})

test('help, --help and --version', async t => {
  const cwd = makeFolder(t)
  const run = (...args: string[]) => runCommand(t, args, { cwd })
  const [version, overview, start, code, unknown] = await Promise.all([
    run('--version'),
    run('--help'),
    run('start', '--help'),
    run('help', 'error[token.expired]:'),
    run('help', 'token.expird'),
  ])
  assert.equal(version.stdout, `${JSON.parse(read('package.json')).version}\n`)
  for (const name of Object.keys(COMMANDS)) assert.match(overview.stdout, new RegExp(`^ {2}${name} `, 'm'))
  assert.match(start.stdout, /--no-watch/)
  assert.match(code.stdout, /^### `token\.expired`\n[\s\S]*\*\*Operator:\*\*/)
  for (const done of [version, overview, start, code]) assert.deepEqual([done.code, done.stderr], [0, ''])
  assert.equal(unknown.code, 64)
  assert.match(unknown.stderr, /did you mean `token\.expired`\?/)
})
