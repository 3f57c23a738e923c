/**
 * The command line: one file a command. A command takes everything it touches as an argument, prints, and returns an exit code;
 * it decides nothing that the gateway decides elsewhere. Results go to standard output, everything else to standard error.
 * Called by `main.ts`, which owns the process.
 */
import type { Clock } from '../clock/clock.ts'
import { hashPassword } from '../credentials/password-hash.ts'
import { createExpressionCompiler } from '../expressions/expression.ts'
import { startGateway } from '../gateway/start-gateway.ts'
import { openLogDestination } from '../log/destination.ts'
import { type LoadResult, loadSettings } from '../settings/load.ts'
import { loadSchema } from '../settings/schema.ts'
import { type CommandLine, parseArguments } from './arguments.ts'
import { askAdmin, readAdminAuthorization } from './ask-admin.ts'
import { askHealth } from './ask-health.ts'
import { runCheck } from './check.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type PasswordInput, runHashPassword } from './hash-password.ts'
import { runHealthcheck } from './healthcheck.ts'
import { renderHelp } from './help.ts'
import { runHelp } from './help-code.ts'
import { runKeys } from './keys.ts'
import { openIssuer } from './open-issuer.ts'
import { type Output, printError, type Sink, wantsColor } from './output.ts'
import { publishedPassword } from './published-passwords.ts'
import { runRevoke } from './revoke.ts'
import { runSchema } from './schema.ts'
import { runStart, type Signal } from './start.ts'
import { runToken } from './token.ts'
import { verifyToken } from './verify-token.ts'

/** Everything that a command may touch of the process. `main.ts` makes it; tests make their own. */
export interface Surroundings {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly version: string
  readonly nodeVersion: string
  readonly pid: number
  readonly stdin: PasswordInput
  readonly stdout: Sink
  readonly stderr: Sink
  readonly clock: Clock
  readonly uptimeMs: () => number
  readonly residentMemoryBytes: () => number
  /** What the container allows; 0, or beyond reason, where nothing is limited. */
  readonly memoryLimitBytes?: () => number
  readonly cpuSeconds: () => number
  readonly readFile: (path: string) => Promise<string>
  /** Text of `docs/ERRORS.md`. */
  readonly readErrors: () => Promise<string>
  readonly onSignal: (listener: (signal: Signal) => void) => void
}

/** Runs what the command line asks for, and returns the exit code. */
export async function run(around: Surroundings): Promise<ExitCode> {
  const parsed = parseArguments(around.argv, around.environment)
  const output = toOutput(around, parsed.kind === 'command' ? parsed.line : undefined)
  switch (parsed.kind) {
    case 'version':
      around.stdout.write(`${around.version}\n`)
      return EXIT.success
    case 'help':
      around.stdout.write(renderHelp(parsed.command))
      return EXIT.success
    case 'usage':
      printError(output, parsed.message, parsed.help)
      return EXIT.usage
    case 'command':
      return runCommand(parsed.line, output, around)
  }
}

function toOutput({ stdout, stderr, environment }: Surroundings, line: CommandLine | undefined): Output {
  const color = (sink: Sink): boolean => wantsColor(line?.color ?? 'auto', environment, sink.isTTY === true)
  return { stdout, stderr, json: line?.json === true, color: { stdout: color(stdout), stderr: color(stderr) } }
}

async function runCommand(line: CommandLine, output: Output, around: Surroundings): Promise<ExitCode> {
  const { clock, readFile } = around
  const load = (layers: readonly string[]): Promise<LoadResult> => loadLayers(layers, around)
  switch (line.command) {
    case 'start':
      return startInForeground(line, output, around)
    case 'check':
      return runCheck(line, output, { load, readFile, clock })
    case 'token':
      return runToken(line, output, {
        load,
        openIssuer: (settings, authServer) => openIssuer(settings, authServer, { clock }),
        verify: (settings, compact) => verifyToken(settings, compact, { clock, readFile }),
        readInput: () => readAll(around.stdin),
      })
    case 'hash-password':
      return runHashPassword(output, around.stdin, hashPassword)
    case 'healthcheck':
      return runHealthcheck(line, output, {
        adminAddress: async () => (await load(line.config)).settings?.ports.admin,
        ask: askHealth,
      })
    case 'keys':
      return runKeys(line, output, { load, ask: askAdmin, readAuthorization: readAdminAuthorization })
    case 'revoke':
      return runRevoke(line, output, { load, ask: askAdmin, readAuthorization: readAdminAuthorization })
    case 'schema': {
      const { root, files } = loadSchema()
      return runSchema(output, { rootId: root.base, files })
    }
    case 'help':
      return runHelp(line.positionals, output, around.readErrors)
  }
}

function startInForeground(line: CommandLine, output: Output, around: Surroundings): Promise<ExitCode> {
  const { environment, cwd, version, clock, nodeVersion, pid, uptimeMs, onSignal } = around
  const destination = openLogDestination(1)
  const processFacts = () => ({
    residentMemoryBytes: around.residentMemoryBytes(),
    cpuSeconds: around.cpuSeconds(),
    nodeVersion,
    memoryLimitBytes: around.memoryLimitBytes?.(),
  })
  return runStart(line, output, {
    start: startGateway,
    options: { cwd, environment, version, destination, clock, processFacts },
    destination,
    nodeVersion,
    pid,
    uptimeMs,
    onSignal,
    publishedPassword,
  })
}

function loadLayers(layers: readonly string[], { cwd, environment, clock }: Surroundings): Promise<LoadResult> {
  const expressions = createExpressionCompiler()
  const checkExpression = (text: string) => expressions.check(text)
  return loadSettings({ layers, cwd, environment, checkExpression, nowMs: clock.now() })
}

/** Longest standard input that is read, in bytes: a token and its surroundings. */
const MAX_INPUT_BYTES = 1024 * 1024

async function readAll(input: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    length += bytes.length
    if (length > MAX_INPUT_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
