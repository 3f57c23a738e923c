/**
 * The process edge: arguments, signals, standard streams, exit codes. The only file, beside `launch.js`, that touches `process`.
 * It decides nothing: `cli/run.ts` runs what the command line asks for.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { EXIT } from './cli/exit-codes.ts'
import { run } from './cli/run.ts'
import type { Signal } from './cli/start.ts'
import { createSystemClock } from './clock/clock.ts'

// CEL's `matches()` is a JavaScript regular expression: one that backtracks without end is handed to V8's linear engine.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')

const SIGNALS: readonly Signal[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']

function dieOfDefect(defect: unknown): void {
  const text = defect instanceof Error ? (defect.stack ?? defect.message) : String(defect)
  process.stderr.write(`microgateway: a defect ended the process; please report it\n${text}\n`)
  process.exit(EXIT.defect)
}

process.on('uncaughtException', dieOfDefect)
process.on('unhandledRejection', dieOfDefect)

// A reader that has seen enough (`| head`) is no defect, and no reason for a running gateway to end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', error => {
    if (!('code' in error) || error.code !== 'EPIPE') dieOfDefect(error)
  })
}

const clock = createSystemClock()
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

const code = await run({
  argv: process.argv.slice(2),
  environment: process.env,
  cwd: process.cwd(),
  version,
  nodeVersion: process.versions.node,
  pid: process.pid,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock,
  uptimeMs: () => process.uptime() * 1000,
  residentMemoryBytes: () => process.memoryUsage.rss(),
  memoryLimitBytes: () => process.constrainedMemory(),
  cpuSeconds: () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  readFile: path => readFile(path, 'utf8'),
  readErrors: () => readFile(new URL('../docs/ERRORS.md', import.meta.url), 'utf8'),
  onSignal: listener => {
    for (const signal of SIGNALS) process.on(signal, () => listener(signal))
  },
})
process.exitCode = code
// Timers and sockets of a finished command must not keep it alive; a slow reader of a pipe gets everything first.
await Promise.all([process.stdout, process.stderr].map(stream => new Promise(resolve => stream.write('', resolve))))
process.exit(code)
