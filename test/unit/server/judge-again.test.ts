import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Denial } from '../../../src/errors/denial.ts'
import { Counters } from '../../../src/metrics/counters.ts'
import { type Decision, type Policy, PROCEED } from '../../../src/policies/policy.ts'
import { createJudgeAgain } from '../../../src/server/judge-again.ts'
import { compileFixedRoute } from '../../../src/snapshot/compile-built-in.ts'
import { createSnapshotHolder, type SnapshotHolder } from '../../../src/snapshot/holder.ts'
import type { Snapshot } from '../../../src/snapshot/snapshot.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { makeSnapshot } from '../../support/make-snapshot.ts'
import { makeServed } from '../../support/served-exchange.ts'

const clock = createTestClock()

function snapshotWith(
  evaluate: Policy['evaluate'],
  basePath = '/orders',
  onRetire = (): unknown => undefined,
): Snapshot {
  const policy: Policy = { name: 'test', stage: 'identifyAndAccess', evaluate }
  const target = { handle: () => assert.fail('nobody is asked') }
  const route = compileFixedRoute('ANY', '/*', target, new Counters(), [], [policy])
  return makeSnapshot({
    entries: [{ hosts: [], basePath, routes: [{ method: 'ANY', path: '/*', value: route }] }],
    onRetire,
  })
}

const hold = (snapshot: Snapshot): SnapshotHolder => createSnapshotHolder(snapshot, cause => assert.fail(String(cause)))
const refuse = (denial: Denial): Decision => ({ kind: 'deny', denial })
const judgeBy = (evaluate: Policy['evaluate']) => createJudgeAgain(hold(snapshotWith(evaluate)), clock)(makeServed())

test('a caller who would pass now stands, until its token expires', async () => {
  assert.deepEqual(await judgeBy(() => PROCEED), { kind: 'stands', expiresAtMs: Number.POSITIVE_INFINITY })
  const jwt = makeVerifiedJwt({}, { expiresAtMs: 123 })
  assert.deepEqual(await judgeBy(() => ({ kind: 'proceed', facts: { jwt } })), { kind: 'stands', expiresAtMs: 123 })
})

test('a refusal that is the caller’s ends the stream and says which it was', async () => {
  const facts = { application: 'app' }
  const revoked = {
    kind: 'ends',
    denial: { code: 'stream.revoked', facts: { ...facts, code: 'application.suspended' } },
  }
  const denial = { code: 'application.suspended', facts } as const
  assert.deepEqual(
    judgeBy(() => refuse(denial)),
    revoked,
  )
  assert.deepEqual(await judgeBy(async () => refuse(denial)), revoked)
  assert.deepEqual(
    judgeBy(() => refuse({ code: 'token.expired' })),
    { kind: 'ends', denial: { code: 'stream.expired' } },
  )
})

test('our own outage, and that of others, decides nothing', async () => {
  for (const code of ['keys.unavailable', 'gateway.overloaded', 'internal.defect'] as const) {
    assert.deepEqual(await judgeBy(async () => refuse({ code })), { kind: 'undecided' })
  }
})

test('a route that is gone ends its streams', () => {
  const judge = createJudgeAgain(hold(snapshotWith(() => PROCEED, '/elsewhere')), clock)
  const judgement = judge(makeServed())
  assert.deepEqual(judgement, { kind: 'ends', denial: { code: 'stream.revoked', facts: { code: 'route.not_found' } } })
})

test('policies see the request as it came, now, and know nothing of what was found out before', () => {
  const served = makeServed({ facts: { user: 'alice' } })
  clock.advance(5_000)
  const judge = createJudgeAgain(
    hold(
      snapshotWith(exchange => {
        assert.equal(exchange.head, served.head)
        assert.equal(exchange.nowMs, clock.now())
        assert.deepEqual([exchange.facts, exchange.edits, exchange.body], [{}, [], undefined])
        return PROCEED
      }),
    ),
    clock,
  )
  judge(served)
  assert.deepEqual(served.exchange?.facts, { user: 'alice' })
})

test('the snapshot in force is kept whole until the verdict, and given back after it, or after a defect', async () => {
  const gate = Promise.withResolvers<Decision>()
  const retired: string[] = []
  const holder = hold(
    snapshotWith(
      () => gate.promise,
      '/orders',
      () => retired.push('first'),
    ),
  )
  const judging = createJudgeAgain(holder, clock)(makeServed())
  const defect = new Error('a defect')
  holder.swap(
    snapshotWith(
      () => assert.fail(defect),
      '/orders',
      () => retired.push('second'),
    ),
  )
  assert.deepEqual(retired, [])
  gate.resolve(PROCEED)
  await judging
  assert.deepEqual(retired, ['first'])
  assert.throws(() => createJudgeAgain(holder, clock)(makeServed()))
  await holder.close()
  assert.deepEqual(retired, ['first', 'second'])
})

test('a request without a head was never a stream', () => {
  const judge = createJudgeAgain(hold(snapshotWith(() => assert.fail('nothing to judge'))), clock)
  assert.deepEqual(judge(makeServed({ upTo: 'nothing' })), { kind: 'undecided' })
})
