import { setTimeout as pace } from 'node:timers/promises'
import type { Cleanup } from '../support/command.ts'
import { openSoakScene } from './scene.ts'
import { judgeRun, type Verdict } from './verdict.ts'

export interface ChangesPlan {
  readonly writes: number
  readonly bursts: number
  readonly seconds: number
  /** Longest time from the last write of a burst until it is in force, in milliseconds. */
  readonly mostMs: number
}

/** F1: writes of a changed file in bursts, under steady load; the last one of each burst is soon in force. */
export async function changeUnderLoad(cleanup: Cleanup, plan: ChangesPlan): Promise<Verdict> {
  const { writes, bursts, seconds, mostMs } = plan
  const callers = 8
  const scene = await openSoakScene(cleanup, { callers })
  const complaints: string[] = []
  const perBurst = Math.ceil(writes / bursts)
  const burstMs = (seconds * 1000) / bursts
  let revision = 0
  let slowestMs = 0
  for (let burst = 0; burst < bursts; burst++) {
    const begun = performance.now()
    for (let i = 0; i < perBurst; i++) {
      revision += 1
      scene.write(revision)
      // Half of the time is for the writes, the other half for the last one of them to take effect.
      await pace(burstMs / 2 / perBurst)
    }
    const took = await scene.inForce(revision)
    if (took === undefined || took > mostMs) complaints.push(`revision ${revision} was in force after ${took} ms`)
    slowestMs = Math.max(slowestMs, took ?? Number.POSITIVE_INFINITY)
    await pace(Math.max(0, burstMs - (performance.now() - begun)))
  }
  const report = await scene.load.stop()
  if (report.connections !== callers) complaints.push(`${report.connections} connections instead of ${callers}`)
  const refused = scene.gateway.stderr.match(/^reload refused/gm)?.length ?? 0
  if (refused > 0) complaints.push(`${refused} reloads of good files were refused`)
  const reloads = scene.gateway.stderr.match(/^reloaded/gm)?.length ?? 0
  return judgeRun(report, { writes: revision, bursts, reloads, slowest_in_force_ms: Math.round(slowestMs) }, complaints)
}
