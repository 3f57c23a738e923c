import { toPrintable } from '../diagnostics/printable.ts'
import type { ListenAddress } from '../settings/model.ts'
import { parseDuration } from '../settings/units.ts'
import type { CommandLine } from './arguments.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printError, printJson } from './output.ts'

export interface HealthcheckParts {
  /** The configured admin address; undefined where the configuration cannot be read. */
  readonly adminAddress: () => Promise<ListenAddress | undefined>
  /** Asks over HTTP; rejects where nobody answers in time. */
  readonly ask: (url: string, timeoutMs: number) => Promise<{ readonly status: number; readonly body: string }>
}

const DEFAULT_TIMEOUT_MS = 3000
/** Where the admin listener is unless told otherwise; a broken edit of the file must not make a healthy gateway look ill. */
const DEFAULT_ADMIN: ListenAddress = { host: '127.0.0.1', port: 9485 }

/** Runs `healthcheck`: exit code 0 if the gateway is ready, 1 if it answers that it is not, 69 if it cannot be reached. */
export async function runHealthcheck(line: CommandLine, output: Output, parts: HealthcheckParts): Promise<ExitCode> {
  const timeout = parseDuration(line.text('timeout') ?? `${DEFAULT_TIMEOUT_MS}ms`)
  if (!timeout.ok) {
    printError(output, '`--timeout` is not a duration', 'write it as in `500ms` or `3s`')
    return EXIT.usage
  }
  const url = line.text('url') ?? readinessUrl((await parts.adminAddress()) ?? DEFAULT_ADMIN)
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    printError(output, '`--url` is not an http(s) URL')
    return EXIT.usage
  }
  try {
    const { status, body } = await parts.ask(url, timeout.value)
    const healthy = status >= 200 && status < 300
    if (output.json) printJson(output.stdout, { healthy, status, checks: readChecks(body) })
    else output.stdout.write(healthy ? 'ready\n' : describeUnhealthy(status, body))
    return healthy ? EXIT.success : EXIT.notFine
  } catch {
    printError(output, `no answer from ${url}`)
    return EXIT.unavailable
  }
}

/** The URL to ask on this machine: a listener on all addresses is asked on loopback. */
export function readinessUrl({ host, port }: ListenAddress): string {
  const asked = host === undefined || host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${asked.includes(':') ? `[${asked}]` : asked}:${port}/health/ready`
}

function describeUnhealthy(status: number, body: string): string {
  const failed = readChecks(body).filter(check => !check.ok)
  const lines = failed.map(({ name, message }) => `  ${name}: ${message}\n`)
  return `not ready (status ${status})\n${lines.join('')}`
}

interface Check {
  readonly name: string
  readonly ok: boolean
  readonly message: string
}

/** Reads the checks of a readiness answer; whatever else the other side sent is none. */
function readChecks(body: string): readonly Check[] {
  const parsed = parseJson(body)
  const checks = typeof parsed === 'object' && parsed !== null && 'checks' in parsed ? parsed.checks : undefined
  return Array.isArray(checks) ? checks.filter(isCheck).map(toPlainCheck) : []
}

function isCheck(value: unknown): value is Check {
  return typeof value === 'object' && value !== null && 'name' in value && 'ok' in value && 'message' in value
}

function toPlainCheck({ name, ok, message }: Check): Check {
  return { name: toPrintable(String(name)), ok: ok === true, message: toPrintable(String(message)) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
