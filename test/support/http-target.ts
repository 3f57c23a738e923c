/** A forwarding target with its own pool, as a snapshot would make it, and the calls that tests make through it. */
import type { TestContext } from 'node:test'
import type { Exchange, Outcome, Reply, Target } from '../../src/exchange/exchange.ts'
import type { HttpUpstreamSettings } from '../../src/settings/upstream-settings.ts'
import { createFieldRules } from '../../src/upstream/field-names.ts'
import { createForwarding } from '../../src/upstream/forwarded.ts'
import { createHttpUpstream } from '../../src/upstream/http-upstream.ts'
import type { PoolSettings, UpstreamPool } from '../../src/upstream/pool.ts'
import { createUpstreamPool } from '../../src/upstream/pool.ts'
import { TargetGroup } from '../../src/upstream/target-group.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { samplePool } from './sample-pool.ts'
import { sampleUpstream } from './sample-upstream.ts'
import { createSilentLogger } from './silent-logger.ts'

export interface TargetPlan {
  readonly settings?: Partial<HttpUpstreamSettings>
  readonly pool?: Partial<PoolSettings>
  readonly basePath?: string
  /** Stands still by default. */
  readonly clock?: TestClock
}

export interface HttpTarget extends Target {
  readonly pools: readonly UpstreamPool[]
  /** What is known of its targets. */
  readonly group: TargetGroup
  /** Handles an exchange and always answers with a promise. */
  call(exchange: Exchange, reply: Reply): Promise<Outcome>
}

/** Makes a target for these URLs; its connections end with the test. */
export function makeTarget(t: TestContext, targets: readonly string[], plan: TargetPlan = {}): HttpTarget {
  const pools: UpstreamPool[] = []
  t.after(() => Promise.all(pools.map(pool => pool.destroy())))
  const clock = plan.clock ?? createTestClock()
  const settings = sampleUpstream({ targets, responseTimeoutMs: 1000, ...plan.settings })
  const api = { name: 'orders', version: undefined, basePath: plan.basePath ?? '/orders' }
  const group = new TargetGroup(api, settings, {
    clock,
    schedule: clock.schedule,
    logger: createSilentLogger(),
    random: () => 0,
    openPool: origin => createUpstreamPool(samplePool({ origin })),
  })
  t.after(() => group.close())
  const target = createHttpUpstream(api, settings, {
    borrowGroup: () => group,
    borrowPool(settings) {
      const pool = createUpstreamPool({ ...settings, ...plan.pool })
      pools.push(pool)
      return pool
    },
    fieldRules: createFieldRules(),
    forwarding: createForwarding({ has: () => false }),
    clock,
  })
  return { ...target, pools, group, call: async (exchange, reply) => target.handle(exchange, reply) }
}

/** The code of the denial in an outcome, or its kind where it has none. */
export function codeOfOutcome(outcome: Outcome): string {
  return outcome.kind === 'denied' || outcome.kind === 'broken'
    ? `${outcome.kind} ${outcome.denial.code}`
    : outcome.kind
}

/** Waits until undici, which takes a turn of the event loop for it, counts a connection as free again. */
export async function whenIdle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
}
