/**
 * Child processes of a benchmark: started on one core, waited for, measured from /proc, and ended by their id.
 * Linux only; without `taskset` they run unpinned and the report says so.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The contestant has a core of its own; load generator and upstream share another. */
export const CONTESTANT_CORE = 0
export const LOAD_CORE = 1

export interface Running {
  readonly pid: number
  readonly child: ChildProcess
  readonly logFile: string
  stop(): Promise<void>
}

export interface Usage {
  /** CPU time since its start, user and system, of the process and its descendants, in microseconds. */
  readonly cpuMicros: number
  /** Resident memory of all of them, in bytes. */
  readonly rssBytes: number
  readonly processes: number
}

/** Tells whether a command is on the path. */
export function hasCommand(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
}

/** True where processes can be kept apart: two cores and `taskset`. */
export function canPin(): boolean {
  return availableParallelism() >= 2 && hasCommand('taskset')
}

/** Puts a command line on one core, where that is possible. */
export function pinned(core: number, command: readonly string[]): string[] {
  return canPin() ? ['taskset', '-c', String(core), ...command] : [...command]
}

/** Starts a process whose standard output and error go to a file. */
export function start(
  core: number,
  command: readonly string[],
  options: { readonly logFile: string; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
): Running {
  const [file, ...rest] = pinned(core, command)
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = openSync(options.logFile, 'a')
  const child = spawn(file as string, rest, {
    stdio: ['ignore', log, log],
    cwd: options.cwd,
    env: options.env ?? process.env,
  })
  closeSync(log)
  child.on('error', () => {})
  const gone = once(child, 'exit').catch(() => undefined)
  return {
    pid: child.pid ?? -1,
    child,
    logFile: options.logFile,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      child.kill('SIGTERM')
      if ((await Promise.race([gone, delay(5000, 'late')])) === 'late') child.kill('SIGKILL')
      await gone
    },
  }
}

/** Finds a free port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Waits until a port accepts; throws with the end of the log if the process ends or takes longer than 15 s. */
export async function accepting(port: number, running: Running): Promise<void> {
  const until = performance.now() + 15_000
  for (;;) {
    if (await accepts(port)) return
    if (running.child.exitCode !== null || running.pid < 0)
      throw new Error(`it ended at once: ${tail(running.logFile)}`)
    if (performance.now() > until) throw new Error(`port ${port} does not accept: ${tail(running.logFile)}`)
    await delay(20)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000) : '(no log)'
}

/** Reads CPU time and memory of a process and all its descendants. */
export function readUsage(pid: number): Usage {
  let ticks = 0
  let rssBytes = 0
  const pids = withDescendants(pid)
  for (const each of pids) {
    // The command name is in parentheses and may hold spaces: fields are counted from behind it (proc(5): 14 utime, 15 stime, 24 rss).
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
    rssBytes += Number(fields[21]) * PAGE_BYTES
  }
  return { cpuMicros: ticks * MICROS_A_TICK, rssBytes, processes: pids.length }
}

const PAGE_BYTES = Number(spawnSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }).stdout) || 4096
const MICROS_A_TICK = 1e6 / (Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100)

function withDescendants(pid: number): number[] {
  const found = [pid]
  for (const parent of found)
    for (const task of readdirSync(`/proc/${parent}/task`)) {
      const children = readFileSync(`/proc/${parent}/task/${task}/children`, 'utf8').trim()
      if (children !== '') found.push(...children.split(' ').map(Number))
    }
  return found
}
