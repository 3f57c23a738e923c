/** Holds `docs/ERRORS.md` to the catalogue of refusals and to the codes of configuration problems, both ways. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CATALOGUE, type ErrorCode, entryOf, publicCodeOf } from '../src/errors/catalogue.ts'
import { CONFIG_CODES } from '../src/errors/config-codes.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const page = readFileSync(`${root}/docs/ERRORS.md`, 'utf8')
const codes = Object.keys(CATALOGUE) as ErrorCode[]

/** Headings of the third level, with the text below each. */
function readSections(): Map<string, string> {
  const sections = new Map<string, string>()
  for (const part of page.split(/^### /m).slice(1)) {
    const [heading = '', ...rest] = part.split('\n')
    const code = /^`([a-z_.]+)`$/.exec(heading)?.[1]
    assert.ok(code !== undefined, `heading \`${heading}\` is no code`)
    assert.ok(!sections.has(code), `${code} has two sections`)
    sections.set(code, rest.join('\n').split(/^## /m)[0] ?? '')
  }
  return sections
}

test('every code has one section and every section is a code', () => {
  const expected = [...codes, ...codes.map(publicCodeOf), ...Object.keys(CONFIG_CODES)]
  assert.deepEqual([...readSections().keys()].sort(), [...new Set(expected)].sort())
})

test('every section says cause, operator and caller', () => {
  for (const [code, text] of readSections()) {
    for (const label of ['Likely cause', 'Operator', 'Caller']) {
      assert.match(text, new RegExp(`- \\*\\*${label}:\\*\\* \\S`), `${code} has no ${label}`)
    }
  }
})

test('the status on the page is the status of the catalogue', () => {
  const sections = readSections()
  for (const code of codes) {
    const { status } = entryOf(code)
    const written = /Status:? (\d{3}|none)/.exec(sections.get(code) ?? '')?.[1]
    assert.equal(written, status === 0 ? 'none' : String(status), code)
  }
})
