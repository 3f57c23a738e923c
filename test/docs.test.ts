/** Holds what the documents say to what the code says, both ways. The README is run in `readme.test.ts`. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from '../src/cli/command-list.ts'
import { EXIT } from '../src/cli/exit-codes.ts'
import { runHelp } from '../src/cli/help-code.ts'
import { CATALOGUE, type ErrorCode, publicCodeOf } from '../src/errors/catalogue.ts'
import { CONFIG_CODES } from '../src/errors/config-codes.ts'
import { type AccessRecord, toJsonLine } from '../src/log/access-record.ts'
import { Counters } from '../src/metrics/counters.ts'
import { type Gauges, renderMetrics } from '../src/metrics/exposition.ts'
import { captureOutput } from './support/captured-output.ts'
import { readAnchors, readCode, readLinks, readSection, readTableRows } from './support/markdown.ts'
import { sampleKeyStatus } from './support/sample-key-status.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const read = (name: string) => readFileSync(resolve(root, name), 'utf8')
const operations = read('docs/OPERATIONS.md')

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'samples/README.md', 'bench/README.md'],
  ...readdirSync(resolve(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(name => `docs/${name}`),
].filter(name => name.endsWith('.md') && existsSync(resolve(root, name)))

test('every link of a document leads somewhere', () => {
  const lost: string[] = []
  for (const page of PAGES) {
    for (const link of readLinks(read(page))) {
      if (/^[a-z]+:/.test(link)) continue
      const [path = '', anchor] = link.split('#', 2)
      const target = path === '' ? resolve(root, page) : resolve(root, dirname(page), path)
      const isThere =
        existsSync(target) && (anchor === undefined || readAnchors(readFileSync(target, 'utf8')).has(anchor))
      if (!isThere) lost.push(`${page}: ${link}`)
    }
  }
  assert.deepEqual(lost, [])
})

test('a document of docs/ is listed in the README', () => {
  const listed = readLinks(read('README.md'))
  for (const page of PAGES) {
    if (/^docs\/[^/]+\.md$/.test(page)) assert.ok(listed.includes(page), page)
  }
})

test('the exit codes of OPERATIONS.md are those of the commands', () => {
  const rows = readTableRows(sectionOf(operations, '## Commands and exit codes'))
  const written = rows.flatMap(([codes = '']) => codes.split(',').map(Number))
  assert.deepEqual(written.sort(byNumber), Object.values(EXIT).toSorted(byNumber))
})

test('the commands that the documents list are those of the command line', () => {
  const names = Object.keys(COMMANDS)
  const list = /`microgateway ([\w-]+(?: \| [\w-]+)+)/
  assert.deepEqual(list.exec(operations)?.[1]?.split(' | '), names)
  assert.deepEqual(list.exec(read('CHANGELOG.md'))?.[1]?.split(' | '), names)
  for (const page of PAGES) {
    for (const [, name = ''] of read(page).matchAll(
      /(?:npm run -s microgateway --|^microgateway|`microgateway) ([a-z-]+)/gm,
    )) {
      assert.ok(names.includes(name) || isPlanned(page, name), `${page}: microgateway ${name}`)
    }
  }
})

/** The generated page tells of commands to come, and that they are. */
function isPlanned(page: string, name: string): boolean {
  return page === 'docs/CONFIGURATION.md' && read(page).includes(`\`microgateway ${name}\` is not there yet`)
}

test('the log fields of OPERATIONS.md are those of an access record', () => {
  const rows = readTableRows(sectionOf(operations, '## Log'))
  const told = rows.flatMap(([names = '', content = '']) => [
    ...readCode(names),
    ...readCode(content).filter(name => name.startsWith('microgateway.')),
  ])
  assert.deepEqual(
    told.toSorted(),
    Object.keys(JSON.parse(toJsonLine(COMPLETE, '2026-01-01T00:00:00.000Z'))).toSorted(),
  )
})

test('the metrics of OPERATIONS.md are those that are written', () => {
  const rows = readTableRows(sectionOf(operations, '## Metrics'))
  const told = rows.flatMap(([names = '', kind = '']) => readCode(names).map(name => `${name} ${kind}`))
  const written = [...renderMetrics(new Counters(), GAUGES).matchAll(/^# TYPE (.*)$/gm)].map(([, family]) => family)
  assert.deepEqual(told.toSorted(), written.toSorted())
})

test('help knows every code, also those that only callers see', async () => {
  const codes = Object.keys(CATALOGUE) as ErrorCode[]
  const known = new Set([...codes, ...codes.map(publicCodeOf), ...Object.keys(CONFIG_CODES)])
  for (const code of known) {
    const { output, stdout } = captureOutput()
    assert.equal(await runHelp([code], output, async () => read('docs/ERRORS.md')), 0, code)
    assert.ok(stdout().startsWith(`### \`${code}\`\n`), code)
  }
})

function sectionOf(page: string, heading: string): string {
  const section = readSection(page, heading)
  assert.ok(section !== undefined, `there is a section ${heading}`)
  return section
}

function byNumber(a: number, b: number): number {
  return a - b
}

const COMPLETE: Required<AccessRecord> = {
  atMs: 0,
  requestId: 'r',
  clientAddress: '192.0.2.1',
  method: 'GET',
  path: '/orders',
  scheme: 'http',
  httpVersion: '1.1',
  status: 502,
  code: 'upstream.reset',
  allowed: true,
  api: 'orders',
  apiVersion: '1.4',
  route: '/orders/*',
  application: 'billing',
  authServer: 'idp',
  user: 'alice',
  durationMs: 1,
  policiesMs: 1,
  upstreamMs: 1,
  requestBytes: 0,
  responseBytes: 0,
  userAgent: 'curl/8',
  facts: { reason: 'reset' },
  cause: new Error('reset'),
}

const GAUGES: Gauges = {
  version: '0.1.0',
  nodeVersion: '26.10.0',
  revision: 'abc',
  lastReloadSuccessful: true,
  lastReloadSuccessAtMs: 1,
  authServers: [{ ...sampleKeyStatus(), name: 'idp', fetchedAt: 1 }],
  revocations: { inSettings: 1, kept: 2, list: { entries: 3, isKnown: true, lastSuccessMs: 1, failures: 4 } },
  tokenCache: { hits: 1, misses: 1 },
  certificates: [],
  upstreams: [],
  connections: 1,
  residentMemoryBytes: 1,
  cpuSeconds: 1,
  startedAtMs: 1,
  droppedLogLines: 1,
  overload: {
    guard: 'memory',
    eventLoopDelayMs: { p50: 1, p99: 20, max: 300 },
    heapBytes: 7,
    heapLimitBytes: 8,
    refusedConnections: 9,
    refusedRequests: { event_loop_delay: 0, memory: 2 },
  },
  streams: {
    open: { websocket: 2, event_stream: 1, grpc: 0, other: 3 },
    ended: { expired: 4, revoked: 5, timeout: 6 },
  },
}
