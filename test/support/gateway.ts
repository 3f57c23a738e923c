import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Clock } from '../../src/clock/clock.ts'
import { renderProblems } from '../../src/diagnostics/render.ts'
import type { Gateway, GatewayStart, ProcessFacts } from '../../src/gateway/gateway.ts'
import { startGateway } from '../../src/gateway/start-gateway.ts'
import type { ReloadStatus } from '../../src/reload/reload-status.ts'
import type { Cleanup } from './command.ts'

export interface TestGatewayPlan {
  /** The settings, as YAML. Ports that are not written are loopback with a port of the system's choice. */
  readonly settings: string
  /** Further files, by their name relative to the settings. */
  readonly files?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  readonly clock?: Clock
  readonly watch?: boolean
  /** What the process says of itself; a small one by default. */
  readonly processFacts?: () => ProcessFacts
  /** Where the log goes, besides `log`. */
  readonly onLogLine?: (line: string) => void
  /** What is loaded; `microgateway.yml` by default. */
  readonly layers?: readonly string[]
  /** Lays out the folder before the start, for what `files` cannot say. */
  readonly prepare?: (folder: string) => void
}

/** A whole gateway on ports of its own, in this process. */
export interface TestGateway {
  readonly gateway: Gateway
  /** Folder of the settings; `microgateway.yml` is in it. */
  readonly folder: string
  /** Origin of the HTTP listener. */
  readonly url: string
  readonly httpsUrl: string
  readonly adminUrl: string
  /** Every line of the log so far, parsed. */
  readonly log: readonly LogLine[]
  /** Writes a file of the folder. */
  write(name: string, text: string): void
  /** Writes the settings and resolves with how the reload that it asks for ended. */
  reload(settings: string): Promise<ReloadStatus>
  /** Resolves with the access record of a request, by its id. */
  recordOf(requestId: string | null): Promise<LogLine>
}

export interface LogLine {
  readonly level?: string
  readonly msg?: string
  readonly [name: string]: unknown
}

/** Where the settings of a test listen when they do not say: loopback, ports chosen by the system. */
const PORTS = 'ports: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }\n'

/** Adds ports of the system's choice to settings that name none. */
export function withPorts(settings: string): string {
  return /^ports:/m.test(settings) ? settings : PORTS + settings
}

/** Starts a gateway, fails the test with the rendered problems if that cannot be, and stops it with the test. */
export async function openGateway(t: Cleanup, plan: TestGatewayPlan): Promise<TestGateway> {
  const prepared = prepare(t, plan)
  const started = await prepared.start()
  assert.ok(started.ok, started.ok ? '' : explain(started))
  const { gateway } = started
  t.after(async () => {
    await gateway.stop()
    assert.equal(gateway.held(), 0, 'nothing is held after the end')
  })
  await gateway.watching()
  // The look at what changed during the start is over: what a test changes from here on is seen by watching.
  if (plan.watch === true) await gateway.reload('file')
  const urlOf = (kind: string): string => gateway.view.listeners().find(listener => listener.kind === kind)?.url ?? ''
  return {
    gateway,
    folder: prepared.folder,
    get url() {
      return urlOf('http')
    },
    get httpsUrl() {
      return urlOf('https')
    },
    get adminUrl() {
      return urlOf('admin')
    },
    log: prepared.log,
    write: prepared.write,
    reload(settings) {
      prepared.writeSettings(settings)
      return gateway.reload('admin')
    },
    async recordOf(requestId) {
      assert.ok(requestId !== null, 'the answer names its request id')
      const find = (): LogLine | undefined => prepared.log.find(line => line['http.request.id'] === requestId)
      for (let turns = 0; find() === undefined && turns < 1000; turns++)
        await new Promise(resolve => setImmediate(resolve))
      const record = find()
      assert.ok(record !== undefined, `the log has a record of ${requestId}`)
      return record
    },
  }
}

/** Starts a gateway that must not start, and returns why. */
export async function refuseGateway(t: TestContext, plan: TestGatewayPlan): Promise<string> {
  const started = await prepare(t, plan).start()
  if (started.ok) await started.gateway.stop()
  assert.ok(!started.ok, 'the gateway does not start')
  return explain(started)
}

interface Prepared {
  readonly folder: string
  readonly log: LogLine[]
  write(name: string, text: string): void
  writeSettings(settings: string): void
  start(): Promise<GatewayStart>
}

function prepare(t: Cleanup, plan: TestGatewayPlan): Prepared {
  const folder = mkdtempSync(join(tmpdir(), 'microgateway-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const log: LogLine[] = []
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
  // Renamed over the old file: a reload that is reading meanwhile sees one whole file or the other.
  const writeSettings = (settings: string): void => {
    writeFileSync(`${folder}.new`, withPorts(settings))
    renameSync(`${folder}.new`, join(folder, 'microgateway.yml'))
  }
  for (const [name, text] of Object.entries(plan.files ?? {})) write(name, text)
  writeSettings(plan.settings)
  plan.prepare?.(folder)
  const takeLine = (line: string): void => {
    plan.onLogLine?.(line)
    if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine)
    else log.push({ msg: line.trimEnd() })
  }
  return {
    folder,
    log,
    write,
    writeSettings,
    start: () =>
      startGateway({
        layers: plan.layers ?? ['microgateway.yml'],
        cwd: folder,
        environment: plan.environment ?? {},
        watch: plan.watch ?? false,
        version: '0.0.0-test',
        destination: { write: takeLine, dropped: 0, close: () => Promise.resolve() },
        processFacts: plan.processFacts ?? (() => ({ residentMemoryBytes: 1, cpuSeconds: 1, nodeVersion: '0.0.0' })),
        ...(plan.clock !== undefined && { clock: plan.clock }),
      }),
  }
}

function explain(started: GatewayStart & { readonly ok: false }): string {
  return renderProblems(started.failure.problems, started.failure.sources, { color: false })
}
