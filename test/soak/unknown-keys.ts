import { randomBytes } from 'node:crypto'
import { setTimeout as pace } from 'node:timers/promises'
import { type Cleanup, makeFolder, startGatewayProcess } from '../support/command.ts'
import { startKeyServer } from '../support/key-server.ts'
import { startLoad } from '../support/steady-load.ts'
import { startUpstream } from '../support/upstream.ts'
import { listStatuses, openFlood } from './flood.ts'
import { pidOf, watchMemory } from './gateway-figures.ts'
import { Latencies } from './latencies.ts'
import { judgeRun, type Verdict } from './verdict.ts'

export interface UnknownKeysPlan {
  readonly tokens: number
  readonly seconds: number
  /** How many times its value without the flood the 99th percentile of good requests may reach; undefined does not judge it. */
  readonly mostTimes: number | undefined
}

const WIDTH = 16
const STEP_MS = 20
/** The flood in its window causes no more fetches of the key set. */
const MOST_FETCHES = 3

/** F4: a flood of tokens, each with a key of its own that nobody knows, beside good callers. */
export async function floodUnknownKeys(cleanup: Cleanup, plan: UnknownKeysPlan): Promise<Verdict> {
  const keys = await startKeyServer()
  cleanup.after(() => keys.close())
  const upstream = await startUpstream('ok', { keepBytes: false })
  cleanup.after(() => upstream.close())
  const folder = makeFolder(cleanup, {
    'microgateway.yml': `
logging: { access_log: off }
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${keys.issuer}", jwksuri: "${keys.jwksUri}", audience: orders } }
apis: [ { name: orders, upstream: "${upstream.origin}", policies: [ jwt: idp ] } ]
`,
  })
  const gateway = await startGatewayProcess(cleanup, { cwd: folder })
  const token = await keys.sign({ aud: 'orders', exp: Math.floor(Date.now() / 1000) + 7200 })
  let latencies = new Latencies()
  const load = startLoad({
    origin: gateway.url,
    callers: 8,
    pauseMs: 4,
    calls: [
      {
        path: '/orders',
        headers: { authorization: `Bearer ${token}` },
        judge: (status, body) => (status === 200 ? undefined : `${status} ${body}`),
      },
    ],
    onAnswer: (_status, tookMs) => latencies.add(tookMs),
  })
  cleanup.after(() => load.stop())
  const memory = watchMemory(pidOf(gateway))
  // The first seconds are those of a process that is not warm yet.
  await pace(plan.seconds * 100)
  latencies = new Latencies()
  await pace(plan.seconds * 150)
  const before = latencies
  latencies = new Latencies()

  const fetchesBefore = keys.requests
  const flood = openFlood(Number(new URL(gateway.url).port), WIDTH)
  cleanup.after(() => flood.close())
  const [, payload = ''] = token.split('.')
  const begun = performance.now()
  let sent = 0
  while (sent < plan.tokens) {
    const due = Math.min(plan.tokens, Math.ceil(((performance.now() - begun) / (plan.seconds * 1000)) * plan.tokens))
    for (let left = due - sent; left > 0; left -= WIDTH) {
      flood.send(Array.from({ length: Math.min(left, WIDTH) }, () => makeRequest(payload)).join(''))
    }
    sent = due
    await pace(STEP_MS)
  }
  const during = latencies
  const deadline = performance.now() + 10_000
  while (flood.total() < plan.tokens && performance.now() < deadline) await pace(STEP_MS)
  const fetches = keys.requests - fetchesBefore
  const report = await load.stop()
  memory.stop()

  const complaints: string[] = []
  if (fetches > MOST_FETCHES) complaints.push(`${fetches} fetches`)
  if (flood.answers.get(401) !== plan.tokens) complaints.push(`answers: ${listStatuses(flood.answers)}`)
  if (plan.mostTimes !== undefined && during.p99 > before.p99 * plan.mostTimes) {
    complaints.push(`p99 went from ${before.p99} to ${during.p99} ms`)
  }
  return judgeRun(
    report,
    {
      tokens: plan.tokens,
      seconds: plan.seconds,
      fetches,
      answers: listStatuses(flood.answers),
      p99_before_ms: before.p99,
      p99_during_ms: during.p99,
      peak_rss_mib: memory.peakMib,
    },
    complaints,
  )
}

function makeRequest(payload: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: randomBytes(8).toString('hex') })).toString(
    'base64url',
  )
  const signature = randomBytes(64).toString('base64url')
  return `GET /orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${header}.${payload}.${signature}\r\n\r\n`
}
