import { connect, createServer, type Server } from 'node:net'
import { setTimeout as pace } from 'node:timers/promises'
import type { Cleanup } from '../support/command.ts'
import { openGateway } from '../support/gateway.ts'
import { type KeyServer, startKeyServer } from '../support/key-server.ts'
import { startLoad } from '../support/steady-load.ts'
import { createTestKey } from '../support/test-key.ts'
import { startUpstream } from '../support/upstream.ts'
import { createFastClock } from './fast-clock.ts'
import { Latencies } from './latencies.ts'
import { judgeRun, type Verdict } from './verdict.ts'

export interface OutagePlan {
  /** How many seconds of the gateway pass in one. */
  readonly factor: number
  /** Seconds of the gateway that the outage lasts. */
  readonly outageSeconds: number
  /** Milliseconds that the 99th percentile may grow by; undefined does not judge it. */
  readonly mostGrowthMs: number | undefined
}

interface Fault {
  readonly name: string
  begin(keys: KeyServer, road: Road): unknown
  end(keys: KeyServer, road: Road): unknown
}

const HUGE = { keys: [], more: 'x'.repeat(10 * 1024 * 1024) }
const mode = (name: KeyServer['mode']): Fault => ({
  name,
  begin(keys) {
    keys.mode = name
  },
  end(keys) {
    keys.mode = 'ok'
  },
})
const FAULTS: readonly Fault[] = [
  { name: 'down', begin: (_keys, road) => road.close(), end: (_keys, road) => road.open() },
  mode('hang'),
  mode('status500'),
  mode('html'),
  {
    name: '10 MiB',
    begin(keys) {
      keys.document = HUGE
    },
    end(keys) {
      keys.document = undefined
    },
  },
  mode('garbage'),
  mode('cut'),
]

/** F3: every fault of a key server in turn, in a time that passes quickly; who has a valid token notices nothing. */
export async function loseKeyServer(cleanup: Cleanup, plan: OutagePlan): Promise<Verdict> {
  const keys = await startKeyServer()
  cleanup.after(() => keys.close())
  const road = await openRoad(Number(new URL(keys.issuer).port))
  cleanup.after(() => road.close())
  const upstream = await startUpstream('ok', { keepBytes: false })
  cleanup.after(() => upstream.close())
  const clock = createFastClock(plan.factor)
  const gateway = await openGateway(cleanup, {
    clock,
    settings: `
logging: { access_log: off }
limits: { max_event_loop_delay: 24h, headers_timeout: 1h, request_timeout: 1h, idle_timeout: 1h }
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig:
        issuer: "${keys.issuer}"
        jwksuri: "http://127.0.0.1:${road.port}/jwks"
        jwks: { fetch_timeout: 100ms, max_age: 5m, min_age: 1m, cooldown: 30s }
apis: [ { name: orders, upstream: "${upstream.origin}", policies: [ jwt: idp ] } ]
`,
  })
  const stranger = createTestKey('ES256')
  const until = Math.floor(Date.now() / 1000) + 100_000
  const good = await keys.sign({ exp: until })
  const unknown = await keys.sign({ exp: until }, { key: stranger })
  const mustPass = (status: number, body: string): string | undefined =>
    status === 200 ? undefined : `${status} ${body}`
  const mustFail = (status: number, body: string): string | undefined =>
    status === 401 || status === 503 ? undefined : `${status} ${body}`
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  let latencies = new Latencies()
  const load = startLoad({
    origin: gateway.url,
    callers: 4,
    pauseMs: 2,
    calls: [
      ...Array.from({ length: 9 }, () => ({ path: '/orders', headers: bearer(good), judge: mustPass })),
      // Waits for a fetch that fails, as it should; its time is not that of the good ones.
      { path: '/orders', headers: bearer(unknown), judge: mustFail },
    ],
    onAnswer: (status, tookMs) => {
      if (status === 200) latencies.add(tookMs)
    },
  })
  cleanup.after(() => load.stop())
  const outageMs = (plan.outageSeconds * 1000) / plan.factor
  await pace(outageMs / FAULTS.length)
  const before = latencies
  latencies = new Latencies()
  const fetchesBefore = road.connections()
  const complaints: string[] = []
  for (const fault of FAULTS) {
    await fault.begin(keys, road)
    await pace(outageMs / FAULTS.length)
    const { failed, wrong } = load.report()
    if (failed + wrong > 0 && complaints.length === 0) complaints.push(`the first trouble was with ${fault.name}`)
    await fault.end(keys, road)
  }
  const during = latencies
  const fetches = road.connections() - fetchesBefore
  const report = await load.stop()
  if (fetches > plan.outageSeconds) complaints.push(`${fetches} fetches in ${plan.outageSeconds} s`)
  if (fetches < FAULTS.length) complaints.push(`only ${fetches} fetches: the faults were not met`)
  const growth = during.p99 - before.p99
  if (plan.mostGrowthMs !== undefined && growth > plan.mostGrowthMs) complaints.push(`p99 grew by ${growth} ms`)
  const figures = { outage_s: plan.outageSeconds, fetches, p99_before_ms: before.p99, p99_during_ms: during.p99 }
  return judgeRun(report, figures, complaints)
}

/** The way to a server, which can be broken and mended: a server that is down has no port that accepts. */
interface Road {
  readonly port: number
  /** Connections that were tried while it was open. */
  connections(): number
  open(): Promise<void>
  close(): Promise<void>
}

async function openRoad(to: number): Promise<Road> {
  let connections = 0
  let port = 0
  let server: Server | undefined
  const open = async (): Promise<void> => {
    const next = createServer(socket => {
      connections += 1
      const onward = connect(to, '127.0.0.1')
      for (const side of [socket, onward]) side.on('error', () => undefined)
      socket.on('close', () => onward.destroy())
      onward.on('close', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
    })
    await new Promise<void>(resolve => next.listen(port, '127.0.0.1', resolve))
    port = (next.address() as { port: number }).port
    server = next
  }
  await open()
  return {
    port,
    open,
    connections: () => connections,
    async close() {
      server?.close()
      server = undefined
    },
  }
}
