/** Holds `docs/LIMITS.md` to the schemas and to the constants of the code, both ways (issue 3; threats.md 3.40). */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseDurationOrZero, parseSize } from '../src/settings/units.ts'
import { readCode, readSection, readTableRows } from './support/markdown.ts'

const root = resolve(fileURLToPath(new URL('..', import.meta.url)))
const page = readFileSync(`${root}/docs/LIMITS.md`, 'utf8')

/** Blocks whose keys are written differently from the name of their schema. */
const BLOCK_NAMES: Readonly<Record<string, string>> = {
  'identification-rule': 'rules',
  'local-introspection': 'localIntrospectionConfig',
  'remote-introspection': 'remoteIntrospectionConfig',
  'token-generator': 'tokenGeneratorConfig',
}

/** Keys that look like limits and are none, or bound what is not built yet. A key that is built leaves this list. */
const NO_LIMIT_KEYS: Readonly<Record<string, string>> = {
  'api-gateway.refresh_interval': 'comes with the download',
  'applications-sync.polling_interval_secs': 'comes with the download',
  'applications-sync.connection_timeout_secs': 'comes with the download',
  'oauth.max_assertion_lifetime': 'comes with the grants',
}

/** Constants whose name looks like that of a limit, and that bound nothing that somebody outside can cause. */
const NO_LIMIT_CONSTANTS: Readonly<Record<string, string>> = {
  'applications/predict-ties.ts MAX_FINDINGS': 'how much `check` prints',
  'applications/predict-ties.ts MAX_PAIRS': 'how far `check` looks',
  'applications/predict-ties.ts MAX_COMBINATIONS': 'how far `check` looks',
  'clock/schedule.ts LONGEST_DELAY_MS': 'what timers of the platform keep',
  'errors/exception.ts MAX_OPERATION': 'how much of a path one format of errors repeats',
  'message/max-forwards.ts MAX_DIGITS': 'more digits say no more',
  'server/http2-options.ts FIELD_OVERHEAD_BYTES': 'what a field costs by definition',
  'server/frame-boundary.ts MAX_HEADER': 'the format of WebSocket frames',
  'server/websocket-end.ts MAX_REASON_BYTES': 'the format of WebSocket frames',
  'keys/certificate-expiry.ts DAY_MS': 'a day',
  'keys/jks.ts DIGEST_BYTES': 'the format of JKS files',
  'keys/generated-key.ts RSA_BITS': 'the strength of a key that is made',
  'settings/environment.ts MAX_NAMES': 'how far a hint looks',
  'settings/environment.ts MAX_TARGETS': 'places that one name of the environment can fit',
  'settings/key-files.ts MIN_RSA_BITS': 'the same as in keys/rsa-strength.ts, reported earlier',
  'settings/present-values.ts MAX_DEPTH': 'the parser refuses less deep nesting before',
  'settings/unknown-keys.ts MAX_LISTED_KEYS': 'how much a hint prints',
}

/** Rooms whose constants shape what is printed for people. */
const PRINTING_ROOMS = ['cli/', 'diagnostics/']
const LIMIT_NAME = /^(?:MAX|MOST|MIN|LEAST|LONGEST|FIRST|LAST|FREE)_|_(?:MS|BYTES|BITS|SECONDS)$|_LIMITS\.|^max[A-Z]/

interface Line {
  readonly what: string
  readonly value: string
  readonly name: string
}

const [keyed = '', fixed = ''] = page.split(/^## Fixed$/m)
const keyLines = linesOf(keyed, 1, 2)
const fixedLines = linesOf(fixed, 1, 2)

test('every limit that has a key has a line, and every line is a key', () => {
  const keys = readSchemaKeys()
  const told = new Set(keyLines.map(({ name }) => name))
  assert.equal(told.size, keyLines.length, 'no key has two lines')
  for (const [key, written] of keys) {
    if (NO_LIMIT_KEYS[key] !== undefined) continue
    const hint = `give \`${key}\` (${written}) a line in docs/LIMITS.md, or say in NO_LIMIT_KEYS why it is no limit`
    assert.ok(told.has(key), hint)
  }
  for (const name of [...told, ...Object.keys(NO_LIMIT_KEYS)]) {
    assert.ok(keys.has(name), `docs/LIMITS.md or NO_LIMIT_KEYS names \`${name}\`, which is no key with a default`)
  }
})

test('the defaults on the page are those of the schemas', () => {
  const keys = readSchemaKeys()
  for (const { name, value } of keyLines) {
    assert.equal(amountOf(value), amountOf(String(keys.get(name))), `the default of \`${name}\` in docs/LIMITS.md`)
  }
})

test('every limit of the code without a key has a line, and every line is a constant', () => {
  const constants = readConstants()
  const told = new Set(fixedLines.map(({ name }) => name))
  assert.equal(told.size, fixedLines.length, 'no constant has two lines')
  const forgotten = [...constants.keys()].filter(
    name =>
      !PRINTING_ROOMS.some(room => name.startsWith(room)) &&
      LIMIT_NAME.test(name.split(' ')[1] ?? '') &&
      NO_LIMIT_CONSTANTS[name] === undefined &&
      !told.has(name),
  )
  const hint =
    'give each a key, or a line under Fixed in docs/LIMITS.md, or say in NO_LIMIT_CONSTANTS why it is no limit'
  assert.deepEqual(forgotten, [], `constants of src/ that bound something: ${hint}`)
  for (const name of [...told, ...Object.keys(NO_LIMIT_CONSTANTS)]) {
    assert.ok(constants.has(name), `docs/LIMITS.md or NO_LIMIT_CONSTANTS names \`${name}\`, which is no constant`)
  }
})

test('the fixed values on the page are those of the code', () => {
  const constants = readConstants()
  for (const { name, value } of fixedLines) {
    const inCode = (constants.get(name) ?? Number.NaN) * (name.endsWith('_SECONDS') ? 1000 : 1)
    assert.equal(amountOf(value), inCode, `the value of \`${name}\` in docs/LIMITS.md`)
  }
})

test('every line says what happens, in as many cells as its table has', () => {
  for (const [part, cells] of [
    [keyed, 4],
    [fixed, 5],
  ] as const) {
    for (const row of readTableRows(part)) {
      assert.equal(row.length, cells, row.join(' | '))
      assert.ok(
        row.every(cell => cell !== ''),
        row.join(' | '),
      )
    }
  }
})

test('SECURITY.md sends its readers here', () => {
  assert.match(readFileSync(`${root}/docs/SECURITY.md`, 'utf8'), /\]\(LIMITS\.md\)/)
  assert.ok(readSection(page, '## Fixed') !== undefined)
})

function linesOf(text: string, valueAt: number, nameAt: number): readonly Line[] {
  return readTableRows(text).map(cells => {
    const names = readCode(cells[nameAt] ?? '')
    assert.equal(names.length, 1, `one name in ${cells.join(' | ')}`)
    return { what: cells[0] ?? '', value: cells[valueAt] ?? '', name: names[0] ?? '' }
  })
}

/** Turns `16 KiB`, `5 m`, `50 %`, `1,000` into octets, milliseconds or a plain number. */
function amountOf(text: string): number {
  const plain = text.replaceAll(/[, ]/g, '').replace(/%$/, '')
  if (/^\d+$/.test(plain)) return Number(plain)
  for (const parsed of [parseDurationOrZero(plain), parseSize(plain)]) if (parsed.ok) return parsed.value
  return assert.fail(`\`${text}\` is no amount`)
}

interface SchemaNode {
  readonly type?: unknown
  readonly format?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

/** Keys with a default that are a duration, a size or a whole number, by block and path. */
function readSchemaKeys(): ReadonlyMap<string, unknown> {
  const keys = new Map<string, unknown>()
  const visit = (path: string, node: SchemaNode): void => {
    for (const [name, inner] of Object.entries(node.properties ?? {})) {
      const isQuantity = /^(?:duration|duration-or-zero|size)$/.test(inner.format ?? '') || inner.type === 'integer'
      if (isQuantity && inner.default !== undefined) keys.set(`${path}.${name}`, inner.default)
      visit(`${path}.${name}`, inner)
    }
  }
  for (const file of readdirSync(`${root}/schemas`, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.schema.json')) continue
    const block = file.replace(/^.*\//, '').replace('.schema.json', '')
    visit(BLOCK_NAMES[block] ?? block, JSON.parse(readFileSync(`${root}/schemas/${file}`, 'utf8')) as SchemaNode)
  }
  return keys
}

/** Numeric constants of `src/` in capitals, and the numeric members of such objects, by file and name. */
function readConstants(): ReadonlyMap<string, number> {
  const constants = new Map<string, number>()
  for (const file of readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const text = readFileSync(`${root}/src/${file}`, 'utf8')
    for (const [, name = '', value = ''] of text.matchAll(
      /^(?:export )?const ([A-Z][A-Z\d_]*)(?:: number)? = (.+)$/gm,
    )) {
      const number = productOf(value)
      if (number !== undefined) constants.set(`${file} ${name}`, number)
    }
    for (const [, name = '', body = ''] of text.matchAll(/^export const ([A-Z][A-Z\d_]*) = \{\n([\s\S]*?)^\}/gm)) {
      for (const [, member = '', value = ''] of body.matchAll(/^ {2}(\w+): (.+),$/gm)) {
        const number = productOf(value)
        if (number !== undefined) constants.set(`${file} ${name}.${member}`, number)
      }
    }
    // Options of the platform, written where they are handed over.
    for (const [, name = '', value = ''] of text.matchAll(/^ +(max[A-Z]\w*): ([\d_* ]+),$/gm)) {
      const number = productOf(value)
      if (number !== undefined && !text.includes('_LIMITS = {')) constants.set(`${file} ${name}`, number)
    }
  }
  return constants
}

/** Reads `16 * 1024`, `2 ** 31 - 1`, `10_000`; undefined for everything else. */
function productOf(text: string): number | undefined {
  const [, power, less] = /^2 \*\* (\d+)(?: - (\d+))?$/.exec(text) ?? []
  if (power !== undefined) return 2 ** Number(power) - Number(less ?? 0)
  if (!/^[\d_]+(?: \* [\d_]+)*$/.test(text)) return undefined
  return text
    .replaceAll('_', '')
    .split(' * ')
    .reduce((product, factor) => product * Number(factor), 1)
}
