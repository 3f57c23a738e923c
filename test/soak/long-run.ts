import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pace } from 'node:timers/promises'
import type { Cleanup } from '../support/command.ts'
import { openSoakScene } from './scene.ts'
import { judgeRun, type Verdict } from './verdict.ts'

export interface LongPlan {
  readonly seconds: number
  readonly reloadEverySeconds: number
}

/** Growth of memory from the first third to the last one that still counts as level. */
const MOST_GROWTH = 1.1

/** F9: a long load with regular reloads; memory and file descriptors stay level (Linux), and nobody fails. */
export async function runLong(cleanup: Cleanup, { seconds, reloadEverySeconds }: LongPlan): Promise<Verdict> {
  const scene = await openSoakScene(cleanup)
  const pid = /^microgateway .* pid (\d+)$/m.exec(scene.gateway.stderr)?.[1] ?? ''
  const samples: { readonly residentKib: number; readonly descriptors: number }[] = []
  const complaints: string[] = []
  for (let revision = 1; revision <= Math.floor(seconds / reloadEverySeconds); revision++) {
    scene.write(revision)
    if ((await scene.inForce(revision)) === undefined) complaints.push(`revision ${revision} was not taken`)
    await pace(reloadEverySeconds * 1000)
    const residentKib = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    samples.push({ residentKib, descriptors: readdirSync(`/proc/${pid}/fd`).length })
  }
  const report = await scene.load.stop()
  const third = Math.ceil(samples.length / 3)
  const [early, late] = [samples.slice(0, third), samples.slice(-third)]
  const memory = [early, late].map(part => median(part.map(({ residentKib }) => residentKib)))
  const descriptors = [early, late].map(part => median(part.map(each => each.descriptors)))
  const [before = 0, after = 0] = memory
  if (after > before * MOST_GROWTH) complaints.push(`memory grew from ${before} to ${after} KiB`)
  if ((descriptors[1] ?? 0) > (descriptors[0] ?? 0) + 2) complaints.push(`descriptors: ${descriptors.join(' to ')}`)
  return judgeRun(report, { rss_kib: memory.join('->'), descriptors: descriptors.join('->') }, complaints)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
