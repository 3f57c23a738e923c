import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pace } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Cleanup, makeFolder, startGatewayProcess } from '../support/command.ts'
import { startLoad } from '../support/steady-load.ts'
import { startUpstream } from '../support/upstream.ts'
import { countDescriptors, listPeers, pidOf, watchMemory } from './gateway-figures.ts'
import { Latencies } from './latencies.ts'
import { BATCH, SLOW_KINDS, type SlowOrder, type SlowPorts } from './slow-side.ts'
import { judgeRun, type Verdict } from './verdict.ts'

export interface SlowPlan {
  /** Slow connections, a third of each kind. */
  readonly connections: number
  /** Seconds that opening them takes. */
  readonly openSeconds: number
  /** Times that a head, a body and a reader are given, in seconds. */
  readonly timeoutSeconds: number
  /** How many times its value without them the 99th percentile of good requests may reach; undefined does not judge it. */
  readonly mostTimes: number | undefined
  /** Most memory at any time, in MiB; undefined does not judge it. */
  readonly mostMib: number | undefined
}

/** What all may be gone within, beside their timeout. */
const SLACK_MS = 5000
const SLOW_SIDE = fileURLToPath(new URL('slow-side.ts', import.meta.url))

/** F7: connections that send their heads or bodies byte by byte or do not read their answers, beside good traffic. */
export async function holdSlowConnections(cleanup: Cleanup, plan: SlowPlan): Promise<Verdict> {
  const upstream = await startUpstream('ok', { keepBytes: false })
  cleanup.after(() => upstream.close())
  const slowSide = fork(SLOW_SIDE, { stdio: 'inherit' })
  cleanup.after(() => end(slowSide))
  const [slowOrigin] = (await once(slowSide, 'message')) as [string]
  const timeout = `${plan.timeoutSeconds}s`
  const folder = makeFolder(cleanup, {
    'microgateway.yml': `
logging: { access_log: off }
limits: { headers_timeout: ${timeout}, request_timeout: ${timeout}, idle_timeout: ${timeout} }
apis:
  - { name: orders, upstream: "${upstream.origin}", open: true }
  - { name: slow, upstream: { targets: [ "${slowOrigin}" ], max_connections: 4096 }, open: true }
`,
  })
  const gateway = await startGatewayProcess(cleanup, { cwd: folder })
  const pid = pidOf(gateway)
  let latencies = new Latencies()
  const load = startLoad({
    origin: gateway.url,
    callers: 8,
    pauseMs: 4,
    calls: [{ path: '/orders', judge: (status, body) => (status === 200 ? undefined : `${status} ${body}`) }],
    onAnswer: (_status, tookMs) => latencies.add(tookMs),
  })
  cleanup.after(() => load.stop())
  const memory = watchMemory(pid)
  await pace(plan.timeoutSeconds * 500)
  latencies = new Latencies()
  await pace(plan.timeoutSeconds * 1000)
  const before = latencies
  const restingMib = memory.peakMib
  const descriptors = [countDescriptors(pid)]
  latencies = new Latencies()

  const port = Number(new URL(gateway.url).port)
  const { connections, openSeconds } = plan
  const pauseMs = (openSeconds * 1000) / Math.ceil(connections / BATCH)
  slowSide.send({ port, connections, pauseMs } satisfies SlowOrder)
  const [ports] = (await once(slowSide, 'message')) as [SlowPorts]
  const openedAt = performance.now()
  const opening = latencies
  latencies = new Latencies()
  descriptors.push(countDescriptors(pid))
  // Asked from the kernel: who does not read would not notice the end.
  const listLeft = (): readonly (readonly [kind: string, left: number])[] => {
    const peers = listPeers(port)
    return SLOW_KINDS.map(kind => [kind, ports[kind].filter(each => peers.has(each)).length] as const)
  }
  const countLeft = (): number => listLeft().reduce((sum, [, left]) => sum + left, 0)
  const held = countLeft()
  const limitMs = plan.timeoutSeconds * 1000 + SLACK_MS
  // Not asked before: reading the list holds up those whose requests are measured.
  await pace(plan.timeoutSeconds * 1000)
  const during = latencies
  while (countLeft() > 0 && performance.now() - openedAt < limitMs) await pace(100)
  const goneMs = performance.now() - openedAt
  const left = listLeft()
  descriptors.push(countDescriptors(pid))
  const report = await load.stop()
  memory.stop()

  const complaints: string[] = []
  for (const [kind, count] of left) {
    if (count > 0)
      complaints.push(`${count} slow connections (${kind}) were still there after ${Math.round(goneMs)} ms`)
  }
  if (held === 0) complaints.push('nothing was held')
  const slowed = Math.max(during.p99, opening.p99)
  if (plan.mostTimes !== undefined && slowed > before.p99 * plan.mostTimes) {
    complaints.push(`p99 went from ${before.p99} to ${slowed} ms`)
  }
  if (plan.mostMib !== undefined && memory.peakMib > plan.mostMib) complaints.push(`${memory.peakMib} MiB at most`)
  return judgeRun(
    report,
    {
      slow: plan.connections,
      held,
      timeout_s: plan.timeoutSeconds,
      all_gone_ms: Math.round(goneMs),
      p99_before_ms: before.p99,
      p99_opening_ms: opening.p99,
      p99_during_ms: during.p99,
      descriptors: descriptors.join('->'),
      resting_rss_mib: restingMib,
      peak_rss_mib: memory.peakMib,
    },
    complaints,
  )
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
