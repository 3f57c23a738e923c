import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pace } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Cleanup, makeFolder, startGatewayProcess } from '../support/command.ts'
import { startLoad } from '../support/steady-load.ts'
import { Latencies, round } from './latencies.ts'
import { judgeRun, type Verdict } from './verdict.ts'

export interface RestartsPlan {
  readonly kills: number
  /** Milliseconds that the upstream stays away, and that it is left alone for afterwards. */
  readonly awayMs: number
  readonly backMs: number
  /** Judge times: a failure within a second, full rate within a second after the restart. */
  readonly isTimed: boolean
}

const PROGRAM = fileURLToPath(new URL('mortal-upstream.ts', import.meta.url))
const ALLOWED: ReadonlySet<number> = new Set([200, 502, 503, 504])
const PROMPT_MS = 1000
/** Share of the rate before the first kill that counts as the full rate. */
const FULL = 0.8

/** F5: an upstream that is killed and started again under load. */
export async function restartUpstream(cleanup: Cleanup, plan: RestartsPlan): Promise<Verdict> {
  const folder = makeFolder(cleanup, { notes: '' })
  const notes = join(folder, 'notes')
  const first = await startMortal(0, notes)
  let running = first.child
  cleanup.after(() => running.kill('SIGKILL'))
  const { port } = first
  const setup = makeFolder(cleanup, {
    'microgateway.yml': `
logging: { access_log: off }
apis: [ { name: orders, upstream: "http://127.0.0.1:${port}", open: true } ]
`,
  })
  const gateway = await startGatewayProcess(cleanup, { cwd: setup })

  let posts = 0
  const answers: { readonly at: number; readonly status: number }[] = []
  const failures = new Latencies()
  const judge = (status: number, body: string): string | undefined =>
    ALLOWED.has(status) ? undefined : `${status} ${body}`
  const load = startLoad({
    origin: gateway.url,
    callers: 16,
    pauseMs: 4,
    calls: [
      { path: '/orders/read', judge },
      { path: () => `/orders/post-${++posts}`, body: 'once', judge },
    ],
    onAnswer: (status, tookMs, askedAt) => {
      answers.push({ at: askedAt, status })
      if (status !== 200) failures.add(tookMs)
    },
  })
  cleanup.after(() => load.stop())
  const complaints: string[] = []
  const rateOf = (from: number, to: number): number =>
    (answers.filter(({ at, status }) => at >= from && at < to && status === 200).length * 1000) / (to - from)
  await pace(plan.backMs)
  const warmAt = performance.now()
  await pace(plan.backMs)
  const fullRate = rateOf(warmAt, performance.now())
  let slowestReturnMs = 0
  let lowestRate = Number.POSITIVE_INFINITY
  for (let kill = 0; kill < plan.kills; kill++) {
    const gone = once(running, 'exit')
    running.kill('SIGKILL')
    await gone
    await pace(plan.awayMs)
    running = (await startMortal(port, notes)).child
    const backAt = performance.now()
    await pace(plan.backMs)
    const lastFailure = answers.findLast(({ at, status }) => at >= backAt && status !== 200)
    const returnMs = lastFailure === undefined ? 0 : lastFailure.at - backAt
    slowestReturnMs = Math.max(slowestReturnMs, returnMs)
    const rate = rateOf(backAt + Math.min(PROMPT_MS, plan.backMs / 2), performance.now())
    lowestRate = Math.min(lowestRate, rate)
    if (rate === 0) complaints.push(`nothing passed after kill ${kill}`)
    if (!plan.isTimed) continue
    if (returnMs > PROMPT_MS) complaints.push(`kill ${kill}: failures for ${Math.round(returnMs)} ms after the restart`)
    if (rate < fullRate * FULL) complaints.push(`kill ${kill}: ${Math.round(rate)} of ${Math.round(fullRate)} a second`)
  }
  const report = await load.stop()
  const twice = countTwice(readFileSync(notes, 'utf8'))
  if (twice > 0) complaints.push(`${twice} POST requests reached the upstream more than once`)
  if (failures.count === 0) complaints.push('nobody noticed a kill')
  if (plan.isTimed && failures.slowest > PROMPT_MS) complaints.push(`a failure took ${failures.slowest} ms`)
  return judgeRun(
    report,
    {
      kills: plan.kills,
      posts,
      posts_twice: twice,
      failures: failures.count,
      slowest_failure_ms: failures.slowest,
      slowest_return_ms: round(slowestReturnMs),
      full_rate: Math.round(fullRate),
      lowest_rate_after_1s: Math.round(lowestRate),
    },
    complaints,
  )
}

async function startMortal(
  port: number,
  notes: string,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, [PROGRAM, String(port), notes], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, port: Number(said.toString()) }
}

function countTwice(notes: string): number {
  const seen = new Set<string>()
  let twice = 0
  for (const line of notes.split('\n')) {
    if (!line.startsWith('POST')) continue
    if (seen.has(line)) twice += 1
    seen.add(line)
  }
  return twice
}
