/** Boots every sample as it is and makes the calls of its header, in a real shell. A sample that is not executed is deleted. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { renderProblems } from '../src/diagnostics/render.ts'
import { startGateway } from '../src/gateway/start-gateway.ts'
import { type ExpectedAnswer, readSampleHeader, type SampleCommand } from './support/sample-header.ts'
import { openShell } from './support/shell.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, 'samples')
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.yml') && !/(^|\/)data\//.test(name))
  .sort()
const scripts = readdirSync(folder).filter(name => name.endsWith('.ts'))
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8')
const bootable = names.filter(name => readSampleHeader(textOf(name)).length > 0)

/** Addresses as the samples write them, and where each really is during a run. */
type Addresses = Map<string, string>

const ISSUER = '127.0.0.1:8180'
const LISTENERS = { http: '127.0.0.1:4485', https: '127.0.0.1:7749', admin: '127.0.0.1:9485' }

for (const name of bootable) {
  test(`samples/${name} answers as its header says`, t => runSample(t, name))
}

test('the stand-in for curl does what curl does for the samples', async t => {
  for (const name of ['https.yml', 'outbound-jwt.yml']) await runSample(t, name, true)
})

test('every sample can be run, or is a layer of one that can', () => {
  const layers = bootable.flatMap(name =>
    readSampleHeader(textOf(name))
      .filter(({ command }) => command.includes('npm start'))
      .flatMap(({ command }) => readStart(command).layers),
  )
  assert.deepEqual(
    [...new Set(layers)].sort(),
    names.map(name => `samples/${name}`),
  )
})

test('every sample begins with the schema that editors follow', () => {
  for (const name of names) {
    const [first = ''] = textOf(name).split('\n')
    const schema = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1]
    assert.ok(schema !== undefined, `${name} names no schema`)
    const path = resolve(dirname(join(folder, name)), schema)
    assert.equal(path, join(root, 'schemas/microgateway.schema.json'), name)
  }
})

test('the table of samples lists every one', () => {
  const listed = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^\| \[[^\]]+\]\(([^)]+)\)/gm)]
  assert.deepEqual(listed.map(([, name]) => name).sort(), bootable)
})

async function runSample(t: TestContext, name: string, withoutCurl = false): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'samples-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  for (const each of [...names, ...scripts]) cpSync(join(folder, each), join(cwd, 'samples', each))
  const shell = openShell(t, { cwd, withoutCurl })
  const addresses: Addresses = new Map()
  let calls = 0
  for (const step of readSampleHeader(textOf(name))) {
    if (step.kind === 'background') {
      await startInBackground(t, step.command, cwd, addresses)
      continue
    }
    const { output, exitCode, errors } = await shell.run(relocate(step.command, addresses))
    const told = `${name}:${step.line}: ${step.command}\n${output}${errors}`
    assert.equal(exitCode, 0, told)
    if (step.expected === undefined) await assertSet(shell, step, told)
    else judge(output, step.expected, told)
    calls += step.expected === undefined ? 0 : 1
  }
  assert.ok(calls > 0, `${name} lists no call`)
}

function relocate(command: string, addresses: Addresses): string {
  // There is no package in the folder of a run, and the system's own Node.js may be an older one.
  let text = command.replaceAll('npx node ', `'${process.execPath}' `)
  for (const [written, real] of addresses) text = text.replaceAll(written, real)
  return text
}

/** A variable that a step sets holds something: an empty token would be refused for another reason than the sample tells. */
async function assertSet(shell: ReturnType<typeof openShell>, { command }: SampleCommand, told: string): Promise<void> {
  const variable = /^([A-Z]+)=/.exec(command)?.[1]
  if (variable === undefined) return
  const { output } = await shell.run(`printf %s "$${variable}"`)
  assert.match(output, /^[\w.-]+$/, `${told}${variable} is ${output}`)
}

function judge(output: string, expected: ExpectedAnswer, told: string): void {
  assert.equal(Number(/^HTTP\/(?:1\.1|2) (\d{3})/.exec(output)?.[1]), expected.status, told)
  if (expected.code !== undefined) assert.equal(/"code": ?"([^"]+)"/.exec(output)?.[1], expected.code, told)
  for (const text of expected.present) assert.ok(output.includes(text), `${text} is missing: ${told}`)
  for (const text of expected.absent) assert.ok(!output.includes(text), `${text} is there: ${told}`)
}

async function startInBackground(t: TestContext, command: string, cwd: string, addresses: Addresses): Promise<void> {
  const issuer = /^npx node (samples\/stand-in-issuer\.ts)((?: \S+)*)$/.exec(command)
  if (issuer === null) return startSample(t, command, cwd, addresses)
  const [, script = '', options = ''] = issuer
  const child = spawn(process.execPath, [script, '--port', '0', ...options.split(' ').filter(Boolean)], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  const address = /^issuer http:\/\/(127\.0\.0\.1:\d+) /.exec(String(line))?.[1]
  assert.ok(address !== undefined, `the stand-in issuer says where it is: ${line}`)
  addresses.set(ISSUER, address)
}

/** Splits `NAME=VALUE… npm start -- -c PATH…`. */
function readStart(command: string): { environment: Record<string, string>; layers: string[] } {
  const [, variables = '', options = ''] = /^((?:\w+=\S+ )*)npm start --((?: -c \S+)+)$/.exec(command) ?? []
  assert.ok(options !== '', `no way to start a sample: ${command}`)
  const pairs = variables.split(' ').filter(Boolean)
  const environment = Object.fromEntries(pairs.map(pair => pair.split('=', 2) as [string, string]))
  return { environment, layers: options.split(' -c ').slice(1) }
}

async function startSample(t: TestContext, command: string, cwd: string, addresses: Addresses): Promise<void> {
  const { environment, layers } = readStart(command)
  const hasHttps = layers.some(layer => readFileSync(join(root, layer), 'utf8').includes(LISTENERS.https))
  const issuer = addresses.get(ISSUER)
  const started = await startGateway({
    layers,
    cwd,
    environment: {
      ...environment,
      mcgw_ports_http: '127.0.0.1:0',
      mcgw_ports_admin: '127.0.0.1:0',
      ...(hasHttps && { mcgw_ports_https: '127.0.0.1:0' }),
      ...(issuer !== undefined && { IDP_ISSUER: `http://${issuer}` }),
    },
    watch: false,
    version: '0.0.0-test',
    destination: { write: () => {}, dropped: 0, close: () => Promise.resolve() },
    processFacts: () => ({ residentMemoryBytes: 1, cpuSeconds: 1, nodeVersion: '0.0.0' }),
  })
  const { problems, sources } = started.ok ? started.gateway.started : started.failure
  const rendered = renderProblems(problems, sources, { color: false })
  assert.ok(started.ok, rendered)
  const { gateway } = started
  t.after(async () => {
    await gateway.stop()
    assert.equal(gateway.held(), 0, 'nothing is held after the end')
  })
  const unexpected = problems.filter(({ code }) => code !== 'config.published_secret')
  assert.deepEqual(unexpected, [], `a sample warns about nothing but its published secrets: ${rendered}`)
  for (const { kind, url } of gateway.view.listeners()) addresses.set(LISTENERS[kind], new URL(url).host)
}
