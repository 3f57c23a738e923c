import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pace } from 'node:timers/promises'
import { send } from '../support/call.ts'
import type { Cleanup } from '../support/command.ts'
import { countDescriptors, pidOf, residentMib } from './gateway-figures.ts'
import { drawChart } from './line-chart.ts'
import { openSoakScene, type SoakPlan, type SoakScene } from './scene.ts'
import { judgeRun, type Verdict } from './verdict.ts'

export interface LongPlan {
  readonly seconds: number
  readonly reloadEverySeconds: number
  /** Where the curves go, as SVG; undefined draws none. */
  readonly picture?: string | undefined
  /** A few callers with pauses by default. */
  readonly load?: SoakPlan
}

interface Sample {
  readonly seconds: number
  readonly residentMib: number
  readonly heapMib: number
  readonly descriptors: number
  readonly requestsPerSecond: number
}

/** Growth of memory from the middle third to the last one that still counts as level. */
const MOST_GROWTH = 1.1
const MOST_MORE_DESCRIPTORS = 2
const MEBIBYTE = 1_048_576

/** F9: a long load with regular reloads; memory and file descriptors stay level (Linux), and nobody fails. */
export async function runLong(cleanup: Cleanup, plan: LongPlan): Promise<Verdict> {
  const { seconds, reloadEverySeconds, picture } = plan
  const scene = await openSoakScene(cleanup, plan.load)
  const samples: Sample[] = []
  const complaints: string[] = []
  const begun = performance.now()
  let before = { at: begun, requests: 0 }
  for (let revision = 1; revision <= Math.floor(seconds / reloadEverySeconds); revision++) {
    scene.write(revision)
    if ((await scene.inForce(revision)) === undefined) complaints.push(`revision ${revision} was not taken`)
    await pace(Math.max(0, begun + revision * reloadEverySeconds * 1000 - performance.now()))
    const now = { at: performance.now(), requests: scene.load.report().requests }
    const requestsPerSecond = ((now.requests - before.requests) * 1000) / (now.at - before.at)
    samples.push({ seconds: (now.at - begun) / 1000, requestsPerSecond, ...(await measure(scene)) })
    before = now
  }
  const report = await scene.load.stop()
  if (picture !== undefined) writeFileSync(picture, draw(samples))
  const third = Math.ceil(samples.length / 3)
  // The first third warms up: what is level is the rest.
  const parts = [samples.slice(third, 2 * third), samples.slice(-third)]
  const [memory, heap, descriptors] = (['residentMib', 'heapMib', 'descriptors'] as const).map(name =>
    parts.map(part => median(part.map(sample => sample[name]))),
  ) as [number[], number[], number[]]
  if ((memory[1] ?? 0) > (memory[0] ?? 0) * MOST_GROWTH) complaints.push(`memory grew: ${memory.join(' to ')} MiB`)
  if ((descriptors[1] ?? 0) > (descriptors[0] ?? 0) + MOST_MORE_DESCRIPTORS) {
    complaints.push(`descriptors grew: ${descriptors.join(' to ')}`)
  }
  return judgeRun(
    report,
    {
      seconds,
      reloads: samples.length,
      rss_mib: memory.join('->'),
      heap_mib: heap.join('->'),
      descriptors: descriptors.join('->'),
    },
    complaints,
  )
}

async function measure({ gateway, folder }: SoakScene): Promise<Omit<Sample, 'seconds' | 'requestsPerSecond'>> {
  const pid = pidOf(gateway)
  const token = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
  const { body } = await send(gateway.adminUrl, { path: '/metrics', token })
  const heap = Number(/^v8js_memory_heap_used_bytes (\S+)$/m.exec(body)?.[1] ?? 0)
  return {
    residentMib: residentMib(pid),
    heapMib: Math.round(heap / MEBIBYTE),
    descriptors: countDescriptors(pid),
  }
}

function draw(samples: readonly Sample[]): string {
  const of = (name: keyof Sample): readonly number[] => samples.map(sample => sample[name])
  const reloads = `${samples.length} reloads`
  return drawChart({
    title: `One gateway under load, ${Math.round((samples.at(-1)?.seconds ?? 0) / 60)} minutes, ${reloads}`,
    times: of('seconds'),
    rows: [
      {
        title: 'Memory, MiB',
        curves: [
          { name: 'resident', color: '#1f77b4', values: of('residentMib') },
          { name: 'heap in use', color: '#ff7f0e', values: of('heapMib') },
        ],
      },
      { title: 'File descriptors', curves: [{ name: 'open', color: '#2ca02c', values: of('descriptors') }] },
      {
        title: 'Requests a second',
        curves: [{ name: 'answered', color: '#9467bd', values: of('requestsPerSecond').map(Math.round) }],
      },
    ],
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
