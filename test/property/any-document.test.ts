/** Law: any JSON-like document yields Settings or findings, never a throw; a mistake in a good document is never overlooked. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { resolveSettings } from '../../src/settings/resolve.ts'
import { loadSchema } from '../../src/settings/schema.ts'
import { allFindings, documentFrom } from '../support/settings-document.ts'

const schema = loadSchema()
const example: unknown = parse(readFileSync(new URL('../data/microgateway.example.yml', import.meta.url), 'utf8'), {
  logLevel: 'silent',
})

/** Judges a document and, where no error is found, resolves it. */
function judge(value: unknown): void {
  const findings = allFindings(value)
  for (const { code, message, pointer } of findings) {
    assert.ok(code.startsWith('config.') && message !== '' && (pointer === '' || pointer.startsWith('/')))
  }
  if (findings.every(({ severity }) => severity !== 'error')) {
    assert.match(resolveSettings(documentFrom(value), schema).revision, /^[0-9a-f]{12}$/)
  }
}

/** Every place of a document, as a path of keys. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]))]
}

/** Copies a document with another value at a path; undefined takes the member out. */
function replaceAt(value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
  if (key === undefined) return replacement
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? replaceAt(item, rest, replacement) : item))
  const entries = Object.entries(Object(value)).map(([name, member]) => [
    name,
    name === key ? replaceAt(member, rest, replacement) : member,
  ])
  return Object.fromEntries(entries.filter(([, member]) => member !== undefined))
}

const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    '',
    'x',
    'builtin:echo',
    '-1',
    'constructor',
    '__proto__',
    'a\u0000b',
    '\ud800',
    1e308,
    -0,
    '10.0.0.0/8',
    '30s',
    null,
    {},
    [],
  ),
)

test('any JSON document yields settings or findings, never a throw', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), judge), { numRuns: 200 })
})

test('a good document with anything anywhere yields settings or findings, never a throw', () => {
  const paths = pathsOf(example)
  fc.assert(
    fc.property(fc.constantFrom(...paths), anything, (path, replacement) =>
      judge(replaceAt(example, path, replacement)),
    ),
    { numRuns: 400 },
  )
})

test('a key with any name of its own is found wherever only ours may stand', () => {
  const blocks = pathsOf(example).filter(
    path => !path.some(key => ['claim_sets', 'claims', 'claim_headers', 'headers', 'extended_settings'].includes(key)),
  )
  const maps = blocks.filter(path => {
    const value = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), example)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  })
  fc.assert(
    fc.property(fc.constantFrom(...maps), fc.stringMatching(/^zz[a-z]{6}$/), (path, key) => {
      const block = path.reduce<unknown>((at, name) => Reflect.get(Object(at), name), example)
      const findings = allFindings(replaceAt(example, path, { ...Object(block), [key]: 1 }))
      assert.ok(findings.some(({ code, pointer }) => code === 'config.unknown_key' && pointer.endsWith(`/${key}`)))
    }),
    { numRuns: 60 },
  )
})
