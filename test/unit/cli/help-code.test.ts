import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { findSection, runHelp } from '../../../src/cli/help-code.ts'
import { CATALOGUE } from '../../../src/errors/catalogue.ts'
import { CONFIG_CODES } from '../../../src/errors/config-codes.ts'
import { captureOutput } from '../../support/captured-output.ts'

const readErrors = () => readFile(new URL('../../../docs/ERRORS.md', import.meta.url), 'utf8')

test('every code has its section printed, and only its own', async () => {
  const page = await readErrors()
  for (const code of [...Object.keys(CATALOGUE), ...Object.keys(CONFIG_CODES)]) {
    const section = findSection(page, code)
    assert.match(section ?? '', new RegExp(`^### \`${code}\`\\n[\\s\\S]*\\*\\*Caller:\\*\\*`), code)
    assert.equal(section?.match(/^#/gm)?.length, 1, code)
  }
})

test('a code is found as it was copied from a terminal', async () => {
  for (const topic of ['token.expired', 'error[token.expired]:', '[token.expired]']) {
    const { output, stdout } = captureOutput()
    assert.equal(await runHelp([topic], output, readErrors), 0)
    assert.match(stdout(), /^### `token\.expired`/)
  }
})

test('an unknown code suggests the nearest and exits with 64', async () => {
  const { output, stderr } = captureOutput()
  assert.equal(await runHelp(['token.expird'], output, readErrors), 64)
  assert.match(stderr(), /did you mean `token\.expired`/)
})

test('without a code it prints the overview, and for a command its help', async () => {
  const overview = captureOutput()
  assert.equal(await runHelp([], overview.output, readErrors), 0)
  assert.match(overview.stdout(), /usage: microgateway COMMAND/)
  const token = captureOutput()
  assert.equal(await runHelp(['token'], token.output, readErrors), 0)
  assert.match(token.stdout(), /token new\|show\|verify/)
})

test('with --json the section is JSON', async () => {
  const { output, stdout } = captureOutput({ json: true })
  await runHelp(['config.tag'], output, readErrors)
  assert.equal(JSON.parse(stdout()).code, 'config.tag')
})
