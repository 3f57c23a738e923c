/** Where and on what a figure was measured. */
import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import { canPin } from './processes.ts'

export interface Machine {
  readonly time: string
  readonly commit: string
  readonly node: string
  readonly system: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly pinned: boolean
  /** Processes that wanted a core in the last minute: others at work make every figure worse, and not evenly. */
  readonly loadAverage: number
}

/** Describes this machine and this checkout. */
export function describeMachine(): Machine {
  return {
    time: new Date().toISOString(),
    commit: describeCommit(),
    node: process.version,
    system: `${type()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    pinned: canPin(),
    loadAverage: loadavg()[0] ?? 0,
  }
}

function describeCommit(): string {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const git = (...args: string[]) => spawnSync('git', args, { cwd, encoding: 'utf8' }).stdout?.trim() ?? ''
  const commit = git('rev-parse', '--short=12', 'HEAD')
  if (commit === '') return 'unknown'
  return git('status', '--porcelain', '--', 'src', 'bench', 'package-lock.json') === ''
    ? commit
    : `${commit} with changes`
}
