/** The command as a real child process, for what only a process has: signals, exit codes, standard streams. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

export interface CommandOptions {
  readonly cwd: string
  readonly environment?: Readonly<Record<string, string>>
  /** Standard input; none by default. */
  readonly input?: string
  /** Options of Node.js itself. */
  readonly nodeOptions?: readonly string[]
  /** The Node.js that runs it; the one that runs the tests by default. */
  readonly node?: string
}

export interface RunningCommand {
  /** Everything it printed so far. */
  readonly stdout: string
  readonly stderr: string
  /** Resolves with the match once what it prints matches; rejects at the deadline and when it ends before. */
  printed(pattern: RegExp, stream?: 'stdout' | 'stderr'): Promise<RegExpExecArray>
  signal(name: NodeJS.Signals): void
  /** Resolves with the exit code, once everything that it printed was read; rejects at the deadline. */
  ended(): Promise<number | NodeJS.Signals | null>
}

export interface FinishedCommand {
  readonly code: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A gateway in a process of its own. */
export interface GatewayProcess extends RunningCommand {
  /** Origin of the HTTP listener. */
  readonly url: string
  readonly adminUrl: string
}

const LAUNCH = fileURLToPath(new URL('../../src/launch.js', import.meta.url))
/** Starting takes a second; the rest is patience with a busy machine. */
const DEADLINE_MS = 20_000

/** What a test, or whoever plays one, does at its end. */
export type Cleanup = Pick<TestContext, 'after'>

/** Makes a folder with files in it, and removes it with the test. */
export function makeFolder(t: Cleanup, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'microgateway-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** Starts `microgateway ARGS`; whatever is left of it ends with the test. */
export function startCommand(t: Cleanup, args: readonly string[], options: CommandOptions): RunningCommand {
  const { cwd, environment = {}, input, nodeOptions = [], node = process.execPath } = options
  const child = spawn(node, [...nodeOptions, LAUNCH, ...args], {
    cwd,
    // Nothing of the tester's own settings gets in.
    env: { PATH: process.env['PATH'], HOME: cwd, ...environment },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  t.after(() => kill(child))
  child.stdin?.end(input)
  const texts = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  const notify = (): void => {
    for (const listener of [...listeners]) listener()
  }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
      notify()
    })
  }
  let isOver = false
  child.on('close', () => {
    isOver = true
    notify()
  })

  /** Looks whenever something was printed or the process ended. */
  const wait = <T>(what: string, look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(new Error(tell('in time')))), DEADLINE_MS)
      const tell = (when: string) => `no ${what} ${when} of \`${args.join(' ')}\`:\n${texts.stdout}\n${texts.stderr}`
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        listeners.delete(check)
        settle()
      }
      const check = (): void => {
        const found = look()
        if (found !== undefined) finish(() => resolve(found))
        else if (isOver) finish(() => reject(new Error(tell('before the end'))))
      }
      listeners.add(check)
      check()
    })

  return {
    get stdout() {
      return texts.stdout
    },
    get stderr() {
      return texts.stderr
    },
    printed: (pattern, stream = 'stderr') => wait(String(pattern), () => pattern.exec(texts[stream]) ?? undefined),
    signal: name => void child.kill(name),
    ended: async () => {
      const outcome = await wait('end', () => (isOver ? { code: child.exitCode ?? child.signalCode } : undefined))
      return outcome.code
    },
  }
}

/** Runs `microgateway ARGS` to its end. */
export async function runCommand(
  t: Cleanup,
  args: readonly string[],
  options: CommandOptions,
): Promise<FinishedCommand> {
  const running = startCommand(t, args, options)
  const code = await running.ended()
  return { code, stdout: running.stdout, stderr: running.stderr }
}

/** Starts a gateway on ports of the system's choice; resolves when its banner is there. */
export async function startGatewayProcess(
  t: Cleanup,
  options: CommandOptions & { readonly args?: readonly string[] },
): Promise<GatewayProcess> {
  const ports = { mcgw_ports_http: '127.0.0.1:0', mcgw_ports_admin: '127.0.0.1:0' }
  const environment = { ...ports, ...options.environment }
  const running = startCommand(t, ['start', ...(options.args ?? [])], { ...options, environment })
  await running.printed(/^ready in /m)
  const urlOf = (kind: string): string => new RegExp(`^ {2}${kind} +(http\\S+)`, 'm').exec(running.stderr)?.[1] ?? ''
  return Object.defineProperties(running as GatewayProcess, {
    url: { value: urlOf('http') },
    adminUrl: { value: urlOf('admin') },
  })
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
