/** Holds `src/` to the arrow block, the package table and the room table of `docs/ARCHITECTURE.md`. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, posix, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseArchitecturePage } from './support/architecture-page.ts'
import { readSourceFile, type SourceFile, scanSource } from './support/source-file.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const page = parseArchitecturePage(readFileSync(`${root}/docs/ARCHITECTURE.md`, 'utf8'))
const files = listSources()

const LINES_CEILING = 350
/** Generated from `schemas/`, so nobody chose its length; a test of its own holds it to the schemas. */
const GENERATED: ReadonlySet<string> = new Set(['src/settings/schema-types.ts'])
/** Rooms that do no I/O and import no package, with the platform modules that they may still name. */
const PURE_ROOMS = new Map([
  ['errors', []],
  ['routing', []],
  ['message', ['node:net']],
  ['exchange', ['node:stream']],
])
/** What `files` of package.json ships beside the code. */
const PUBLISHED_DATA = /^(?:schemas(?:\/|$)|package\.json$|docs\/ERRORS\.md$)/
const FORBIDDEN_NAMES = /^(?:index|utils?|helpers?|common|misc|shared|lib|types?)$/

function listSources(): SourceFile[] {
  const entries = readdirSync(`${root}/src`, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`.slice(root.length + 1).replaceAll('\\', '/'))
    .filter(path => /\.(?:ts|js|mts|mjs|cjs)$/.test(path))
    .sort()
    .map(path => readSourceFile(root, path))
}

const SETTINGS_MODEL = /^src\/settings\/(model|secret|[a-z]+-settings)\.ts$/

/** The room of a file under `src`: its folder, or its own name at the top; the settings model is a room of its own. */
function roomOf(path: string): string {
  if (SETTINGS_MODEL.test(path)) return 'settings/model'
  return path.split('/')[1] as string
}

interface Edge {
  readonly from: SourceFile
  readonly room: string
  readonly specifier: string
  readonly place: string
  /** Path of the imported file, for relative imports. */
  readonly target: string | undefined
}

function edges(): Edge[] {
  return files.flatMap(from =>
    from.imports.map(({ specifier, line }) => ({
      from,
      room: roomOf(from.path),
      specifier,
      place: `${from.path}:${line}`,
      target: specifier.startsWith('.') ? posix.join(posix.dirname(from.path), specifier) : undefined,
    })),
  )
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Fails with every offence at once, one a line. */
function assertNone(offences: readonly string[]): void {
  assert.deepEqual(offences, [], `\n  ${offences.join('\n  ')}\n`)
}

/** Places where a pattern occurs in the code (not in comments or strings). */
function places(pattern: RegExp, text: (file: SourceFile) => string, except: (file: SourceFile) => boolean): string[] {
  return files
    .filter(file => !except(file))
    .flatMap(file =>
      [...text(file).matchAll(pattern)].map(match => {
        const line = text(file).slice(0, match.index).split('\n').length
        return `${file.path}:${line} has ${match[0].trim()}`
      }),
    )
}

test('every room of src is in the arrow block and has an invariant in the room table', () => {
  const rooms = new Set(files.map(file => roomOf(file.path)))
  assertNone([...rooms].filter(room => !page.layers.has(room)).map(room => `${room} is in no layer`))
  assertNone([...page.layers.keys()].filter(room => !page.described.has(room)).map(room => `${room} has no invariant`))
  assertNone([...page.described].filter(room => !page.layers.has(room)).map(room => `${room} is in no layer`))
})

test('a room imports only rooms to its left', () => {
  const offences: string[] = []
  for (const { room, target, place } of edges()) {
    if (target === undefined || !target.startsWith('src/')) continue
    const other = roomOf(target)
    const layer = page.layers.get(room) ?? -1
    if (other !== room && (page.layers.get(other) ?? Number.POSITIVE_INFINITY) >= layer)
      offences.push(`${place}: ${room} must not import ${other}`)
  }
  assertNone(offences)
})

test('the limits beyond the layers hold', () => {
  const offences: string[] = []
  for (const { room, target, place } of edges()) {
    if (target === undefined || !target.startsWith('src/')) continue
    const other = roomOf(target)
    if (other === room) continue
    for (const limit of page.limits) {
      const [subject, object] = limit.kind === 'imports' ? [room, other] : [other, room]
      if (limit.room === subject && !limit.rooms.has(object))
        offences.push(`${place}: ${room} must not import ${other}`)
    }
  }
  assertNone(offences)
})

test('src uses nothing of the repository but src, by its exact name, and the data that is published with it', () => {
  const names = new Set(files.map(file => file.path))
  const offences = edges()
    .filter(({ target }) => target !== undefined && !names.has(target) && !PUBLISHED_DATA.test(target))
    .map(({ place, specifier }) => `${place} uses ${specifier}`)
  assertNone(offences)
})

test('every import names what it imports as a literal', () => {
  assertNone(
    edges()
      .filter(({ specifier }) => specifier === '<computed>')
      .map(({ place }) => place),
  )
})

test('one package, one room', () => {
  const offences: string[] = []
  for (const { room, target, specifier, place } of edges()) {
    if (target !== undefined || specifier === '<computed>') continue
    const name = isBuiltin(specifier) ? specifier : packageName(specifier)
    const rooms = page.packages.get(name)
    if (rooms === undefined ? !isBuiltin(specifier) : !rooms.has(room))
      offences.push(`${place}: ${room} imports ${name}`)
  }
  assertNone(offences)
})

test('the package table names exactly the dependencies', () => {
  const manifest: { dependencies: Record<string, string> } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const named = [...page.packages.keys()].filter(name => !name.startsWith('node:')).sort()
  assert.deepEqual(named, Object.keys(manifest.dependencies).sort())
})

test('pure rooms import no package and do no I/O', () => {
  const offences = edges()
    .filter(({ room, target, specifier }) => {
      const allowed: readonly string[] | undefined = PURE_ROOMS.get(room)
      return allowed !== undefined && target === undefined && !allowed.includes(specifier)
    })
    .map(({ place, specifier }) => `${place} imports ${specifier}`)
  assertNone(offences)
})

test('platform modules are imported with their node: prefix', () => {
  assertNone(
    edges()
      .filter(({ specifier }) => isBuiltin(specifier) && !specifier.startsWith('node:'))
      .map(({ place, specifier }) => `${place} imports ${specifier}`),
  )
})

test('the process is touched at its edge only', () => {
  const edge = page.packages.get('node:process') ?? new Set()
  const uses = /(?:(?<![.\w$'"-])|\bglobalThis\s*\??\.\s*)process\b(?!\s*:)/g
  assertNone(
    places(
      uses,
      file => file.code,
      file => edge.has(roomOf(file.path)),
    ),
  )
})

test('only the clock reads the time', () => {
  const uses = /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\w(\s]))|\bperformance\s*\.\s*now\b|\bhrtime\b/g
  assertNone(
    places(
      uses,
      file => file.code,
      file => roomOf(file.path) === 'clock',
    ),
  )
})

test('nothing is mutable at module level', () => {
  const none = () => false
  const topLevel = (file: SourceFile) => file.topLevel
  const offences = places(/(?<=^|[;\n])(?:export\s+)?(?:let|var)\s+[\w$]+/g, topLevel, none)
  const containers =
    /(?<=^|[;\n])(?:export\s+)?const\s+[\w$]+\s*(?::(?!\s*(?:Readonly\w*|readonly)\b)[^=]*?)?=\s*new\s+(?:Map|Set|WeakMap|WeakSet|WeakRef|LRUCache|EventEmitter)\b/g
  offences.push(...places(containers, topLevel, none))
  const empty =
    /(?<=^|[;\n])(?:export\s+)?const\s+[\w$]+\s*(?::(?!\s*(?:Readonly\w*|readonly)\b)[^=\n]*)?=\s*(?:\[ *\]|\{ *\})\s*(?!\s*as\s+const)(?=\n|;|$)/g
  offences.push(...places(empty, file => file.code.replaceAll(/(?<=\n)[ \t]+\S.*/g, ''), none))
  const weak = /(?<=^|[;\n])(?:export\s+)?const\s+[^=\n]*=\s*new\s+Weak(?:Map|Set|Ref)\b/g
  offences.push(...places(weak, topLevel, none))
  assertNone([...new Set(offences)])
})

test('there are no default exports and no barrels', () => {
  const none = () => false
  const offences = places(/\bexport\s+default\b|\bas\s+default\b/g, file => file.code, none)
  for (const file of files) {
    const starred = file.imports.filter(line => line.kind === 'reexport_all')
    offences.push(...starred.map(({ line }) => `${file.path}:${line} passes on everything`))
    const rest = file.topLevel.replaceAll(/\b(?:import|export)\b[^\n]*\bfrom\b[^\n]*/g, '').trim()
    if (file.imports.length > 0 && rest === '') offences.push(`${file.path} only passes on`)
  }
  assertNone(offences)
})

test('files and folders are kebab-case nouns of the domain', () => {
  const offences = files.flatMap(file =>
    file.path
      .replace(/^src\//, '')
      .replace(/(?:\.d)?\.\w+$/, '')
      .split('/')
      .filter(name => FORBIDDEN_NAMES.test(name) || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name))
      .map(name => `${file.path}: ${name}`),
  )
  assertNone(offences)
})

test('a file stays within its budget of lines', context => {
  const written = files.filter(file => !GENERATED.has(file.path))
  const sizes = written.map(file => file.lines).sort((a, b) => a - b)
  const at = (share: number) => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))]
  context.diagnostic(`${sizes.length} files in src, lines: median ${at(0.5)}, p90 ${at(0.9)}, longest ${sizes.at(-1)}`)
  assertNone(
    written
      .filter(file => file.lines > LINES_CEILING)
      .map(file => `${file.path} has ${file.lines} lines, at most ${LINES_CEILING}`),
  )
})

test('the scanner sees every form of import, and no import in comments or strings', () => {
  const scanned = scanSource(
    'src/x/sample.ts',
    [
      "import type { A } from './a.ts'",
      'import {',
      '  b,',
      '  type B,',
      '} from "./b.ts"',
      "import * as c from './c.ts'; import './side.ts'",
      "// import { no } from './comment.ts'",
      "/* import './block.ts' */",
      'const text = "import \'./text.ts\'"',
      "const template = `import './template.ts' $" + "{await import('./inside.ts')} import './after.ts'`",
      "const pattern = /import '.\\/regex.ts'/",
      "const lazy = () => import('pino')",
      "type T = import('undici').Dispatcher",
      'const computed = import(lazy)',
      "const worker = new URL('./worker.ts', import.meta.url)",
      "export { d } from './d.ts'",
      "export * from './e.ts'",
      "export type { F } from './f.ts'",
      "export const label = 'plain'",
    ].join('\n'),
  )
  assert.deepEqual(
    scanned.imports.map(({ line, kind, specifier }) => `${line} ${kind} ${specifier}`),
    [
      '1 type ./a.ts',
      '2 static ./b.ts',
      '6 static ./c.ts',
      '6 static ./side.ts',
      '10 dynamic ./inside.ts',
      '12 dynamic pino',
      '13 dynamic undici',
      '14 dynamic <computed>',
      '15 dynamic ./worker.ts',
      '16 reexport ./d.ts',
      '17 reexport_all ./e.ts',
      '18 type ./f.ts',
    ],
  )
})
