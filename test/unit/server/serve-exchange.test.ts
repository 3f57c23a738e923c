import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Target } from '../../../src/exchange/exchange.ts'
import { Counters } from '../../../src/metrics/counters.ts'
import { type Policy, PROCEED } from '../../../src/policies/policy.ts'
import type { Conclusion } from '../../../src/server/conclude-exchange.ts'
import { findRoute } from '../../../src/server/find-route.ts'
import { openListener } from '../../../src/server/listener.ts'
import { createReply } from '../../../src/server/node-reply.ts'
import { serveExchange } from '../../../src/server/serve-exchange.ts'
import type { ServedExchange } from '../../../src/server/served-exchange.ts'
import { compileFixedRoute } from '../../../src/snapshot/compile-built-in.ts'
import { createSnapshotHolder, type SnapshotHolder } from '../../../src/snapshot/holder.ts'
import type { Snapshot } from '../../../src/snapshot/snapshot.ts'
import { send } from '../../support/call.ts'
import { LIMITS } from '../../support/front-door.ts'
import { createIdleStreams } from '../../support/idle-streams.ts'
import { makeSnapshot } from '../../support/make-snapshot.ts'
import { createSilentLogger, type SilentLogger } from '../../support/silent-logger.ts'
import { createSystemClock } from '../../support/system-clock.ts'

interface Bench {
  readonly url: string
  readonly holder: SnapshotHolder
  readonly counters: Counters
  readonly logger: SilentLogger
  readonly served: { readonly exchange: ServedExchange; readonly conclusion: Conclusion }[]
  readonly defects: unknown[]
  readonly retired: string[]
  /** Makes a snapshot whose path `/` is answered so. */
  snapshot(name: string, target: Target, policies?: readonly Policy[]): Snapshot
}

/** A listener with nothing behind it but `serveExchange`. */
async function openBench(
  t: TestContext,
  target: Target,
  policies: readonly Policy[] = [],
  fails = false,
): Promise<Bench> {
  const counters = new Counters()
  const logger = createSilentLogger()
  const served: Bench['served'] = []
  const defects: unknown[] = []
  const retired: string[] = []
  const snapshot: Bench['snapshot'] = (name, answering, chain = []) => {
    const route = compileFixedRoute('ANY', '/*', answering, counters, [], chain)
    const routes = [{ method: 'ANY', path: '/*', value: route }]
    return makeSnapshot({
      revision: name,
      entries: [{ hosts: [], basePath: '/', routes }],
      onRetire: () => retired.push(name),
    })
  }
  const holder = createSnapshotHolder(snapshot('first', target, policies), cause => defects.push(cause))
  const { clock, schedule } = createSystemClock()
  const parts = {
    holder,
    clock,
    logger,
    counters,
    streams: createIdleStreams(),
    find: findRoute,
    record(exchange: ServedExchange, conclusion: Conclusion) {
      served.push({ exchange, conclusion })
      if (fails) throw new Error('the log is broken')
    },
  }
  const listener = await openListener({ host: '127.0.0.1', port: 0 }, 'http', {
    clock,
    schedule,
    limits: LIMITS,
    onRequest: (incoming, response, connection) =>
      serveExchange(parts, incoming, createReply(incoming, response, connection), connection),
    onUpgrade: () => assert.fail('no upgrade here'),
    onBadRequest: () => assert.fail('every request here is one'),
    onDefect: error => defects.push(error),
  })
  t.after(() => listener.close())
  return { url: listener.url, holder, counters, logger, served, defects, retired, snapshot }
}

const says = (text: string): Target => ({
  handle(_exchange, reply) {
    reply.send(200, [], text)
    return { kind: 'replied', status: 200 }
  },
})
const never: Target = { handle: () => assert.fail('the target is asked') }
const policy = (evaluate: Policy['evaluate']): Policy => ({ name: 'test', stage: 'identifyAndAccess', evaluate })

test('an exchange ends in one record and gives its lease back', async t => {
  const bench = await openBench(t, says('hello'), [policy(() => PROCEED)])
  const answer = await send(bench.url, { path: '/a' })
  assert.deepEqual([answer.status, answer.body], [200, 'hello'])
  assert.equal(bench.served.length, 1)
  const [{ exchange, conclusion } = assert.fail('no record')] = bench.served
  assert.deepEqual([conclusion.status, conclusion.denial], [200, undefined])
  assert.equal(exchange.lease.leases, 0)
  assert.equal(bench.counters.active, 0)
  assert.notEqual(exchange.allowedAt, undefined)
})

test('a refusal, at once or late, asks no target', async t => {
  const denial = { code: 'requirement.not_met' } as const
  for (const evaluate of [() => ({ kind: 'deny', denial }) as const, async () => ({ kind: 'deny', denial }) as const]) {
    const bench = await openBench(t, never, [policy(evaluate)])
    assert.equal((await send(bench.url, { path: '/a' })).status, 403)
    assert.equal(bench.served[0]?.conclusion.denial, denial)
    assert.equal(bench.served[0]?.exchange.allowedAt, undefined)
  }
})

test('a policy that throws is a 500 and a loud line, and nothing goes on', async t => {
  const defect = new Error('a defect')
  for (const evaluate of [() => assert.fail(defect), () => Promise.reject(defect)]) {
    const bench = await openBench(t, never, [policy(evaluate)])
    const answer = await send(bench.url, { path: '/a' })
    assert.equal(answer.status, 500)
    assert.doesNotMatch(answer.body, /a defect/)
    assert.equal(bench.logger.lines[0]?.facts['err'], defect)
    assert.equal(bench.served[0]?.conclusion.denial?.code, 'internal.defect')
    assert.equal(bench.served[0]?.exchange.lease.leases, 0)
  }
})

test('a target that throws after the head is cut', async t => {
  const bench = await openBench(t, {
    async handle(_exchange, reply) {
      reply.start(200, ['content-length', '100'])
      reply.write(Buffer.from('half'))
      throw new Error('a defect')
    },
  })
  await assert.rejects(send(bench.url, { path: '/a' }))
  assert.deepEqual([bench.served.length, bench.served[0]?.exchange.lease.leases], [1, 0])
})

test('an exchange reads the snapshot of its beginning, however long it takes', async t => {
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const wait = policy(async () => {
    begun.resolve()
    await gate.promise
    return PROCEED
  })
  const bench = await openBench(t, says('old'), [wait])
  const early = send(bench.url, { path: '/a' })
  await begun.promise
  bench.holder.swap(bench.snapshot('second', says('new')))
  assert.equal((await send(bench.url, { path: '/a' })).body, 'new')
  assert.equal(bench.retired.length, 0)
  gate.resolve()
  assert.equal((await early).body, 'old')
  assert.deepEqual(bench.retired, ['first'])
})

test('a record that cannot be written keeps no lease', async t => {
  const bench = await openBench(t, says('hello'), [], true)
  await send(bench.url, { path: '/a' }).catch(() => undefined)
  assert.equal(bench.defects.length, 1)
  assert.equal(bench.served[0]?.exchange.lease.leases, 0)
  assert.equal(bench.counters.active, 0)
})

test('OPTIONS * is answered for the server as a whole; a head that has two readings is not', async t => {
  const bench = await openBench(t, never)
  assert.equal((await send(bench.url, { method: 'OPTIONS', path: '*' })).status, 200)
  assert.equal((await send(bench.url, { path: '/a/%2e%2e/b' })).status, 400)
  assert.deepEqual(
    bench.served.map(({ exchange, conclusion }) => [conclusion.status, exchange.route]),
    [
      [200, undefined],
      [400, undefined],
    ],
  )
})
