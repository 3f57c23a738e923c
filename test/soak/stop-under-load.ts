import type { Cleanup } from '../support/command.ts'
import { openSoakScene } from './scene.ts'
import { judgeRun, type Verdict } from './verdict.ts'

/** F10: SIGTERM under load, several times; every accepted request is answered, and the exit code is 0 in time. */
export async function stopUnderLoad(
  cleanup: Cleanup,
  { rounds, callers }: { readonly rounds: number; readonly callers: number },
): Promise<Verdict> {
  const verdicts: Verdict[] = []
  for (let round = 0; round < rounds; round++) {
    // Every second round with the time that a load balancer takes to look elsewhere.
    verdicts.push(await stopOnce(cleanup, callers, round % 2 === 0 ? 0 : 300))
  }
  const sum = (name: string): number => verdicts.reduce((total, { figures }) => total + Number(figures[name] ?? 0), 0)
  return {
    ok: verdicts.every(({ ok }) => ok),
    figures: {
      rounds,
      requests: sum('requests'),
      failed: sum('failed'),
      wrong: sum('wrong'),
      slowest_stop_ms: Math.max(...verdicts.map(({ figures }) => Number(figures['stop_ms']))),
    },
    complaints: verdicts.flatMap(({ complaints }) => complaints),
  }
}

/** What a drain may take beside its delay and the slowest answer: the end of idle connections and of the process. */
const SLACK_MS = 3000

async function stopOnce(cleanup: Cleanup, callers: number, delayMs: number): Promise<Verdict> {
  const drain = `drain: { delay: ${delayMs === 0 ? '0s' : `${delayMs}ms`}, timeout: 10s }`
  const { gateway, load, inForce } = await openSoakScene(cleanup, { callers, pauseMs: 1, more: drain })
  await inForce(0)
  while (load.report().requests < callers * 20) await new Promise(resolve => setTimeout(resolve, 5))
  load.mayEnd()
  const begun = performance.now()
  gateway.signal('SIGTERM')
  const code = await gateway.ended()
  const took = performance.now() - begun
  await load.ended
  const complaints = [
    ...(code === 0 ? [] : [`the exit code was ${code}`]),
    ...(took > delayMs + SLACK_MS ? [`the end took ${Math.round(took)} ms`] : []),
  ]
  return judgeRun(load.report(), { stop_ms: Math.round(took) }, complaints)
}
