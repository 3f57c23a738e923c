import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** A POSIX shell that lives as long as its test: variables and functions stay from one command to the next. */
export interface Shell {
  /** Runs one line; rejects if it takes longer than 10 s or the shell ends. */
  run(command: string): Promise<{ readonly output: string; readonly exitCode: number; readonly errors: string }>
}

export interface ShellOptions {
  readonly cwd: string
  /** Uses the stand-in for curl also where the real one is installed. */
  readonly withoutCurl?: boolean
}

const DEADLINE_MS = 10_000
/** A byte that no answer holds, around the exit code of a command. */
const MARK = '\u001e'

/** Opens a shell and ends it with the test. Where curl is not installed, a stand-in with the same options takes its place. */
export function openShell(t: TestContext, { cwd, withoutCurl = false }: ShellOptions): Shell {
  const path = `${withoutCurl || !hasCurl() ? `${makeCurl(t)}:` : ''}${process.env['PATH']}`
  const sh = spawn('sh', { cwd, env: { ...process.env, PATH: path, NO_PROXY: '*', no_proxy: '*' }, stdio: 'pipe' })
  t.after(() => end(sh))
  let stdout = ''
  let stderr = ''
  let look = (): void => {}
  sh.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    look()
  })
  sh.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return {
    run: command =>
      new Promise((resolve, reject) => {
        stdout = ''
        stderr = ''
        const fail = (): void => reject(new Error(`no end of \`${command}\`: ${stdout}${stderr}`))
        const timer = setTimeout(fail, DEADLINE_MS)
        look = () => {
          const [, output, code] = new RegExp(`^([^]*)${MARK}(\\d+)${MARK}`).exec(stdout) ?? []
          if (output === undefined) return
          clearTimeout(timer)
          resolve({ output, exitCode: Number(code), errors: stderr })
        }
        // Braces, not parentheses: what the command sets must stay.
        sh.stdin.write(`{ ${command}\n} </dev/null; printf '${MARK}%s${MARK}' "$?"\n`)
      }),
  }
}

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function makeCurl(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'curl-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const script = fileURLToPath(new URL('curl-stand-in.ts', import.meta.url))
  writeFileSync(join(folder, 'curl'), `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 })
  return folder
}

async function end(sh: ChildProcess): Promise<void> {
  if (sh.exitCode !== null || sh.signalCode !== null) return
  const ended = once(sh, 'exit')
  sh.stdin?.end()
  await ended
}
