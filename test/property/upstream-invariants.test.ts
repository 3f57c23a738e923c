import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CircuitBreaker } from '../../src/upstream/circuit-breaker.ts'
import { TargetGroup } from '../../src/upstream/target-group.ts'
import { createTestClock } from '../support/clock.ts'
import { makeIdlePool } from '../support/places.ts'
import { sampleUpstream } from '../support/sample-upstream.ts'
import { createSilentLogger } from '../support/silent-logger.ts'

const verdict = fc.constantFrom('ok', 'failed', 'none')

test('a circuit that is not closed lets at most one call at a time through, and always closes again', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('begin' as const) }),
    fc.record({ kind: fc.constant('end' as const), pick: fc.nat(), verdict }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 4_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const clock = createTestClock()
      const breaker = new CircuitBreaker(
        { failureRatioPercent: 50, minRequests: 3, windowMs: 5_000, openForMs: 2_000 },
        { clock, schedule: clock.schedule, onChange: () => undefined },
      )
      const running: object[] = []
      let trials: object[] = []
      for (const each of steps) {
        if (each.kind === 'wait') clock.advance(each.ms)
        else if (each.kind === 'begin') {
          const { state } = breaker
          const call = {}
          const isIn = breaker.admits(call)
          if (state === 'open') assert.equal(isIn, false)
          if (isIn) running.push(call)
          if (isIn && state === 'half_open') trials.push(call)
          assert.ok(trials.length <= 1)
        } else if (running.length > 0) {
          const [call] = running.splice(each.pick % running.length, 1)
          if (call === undefined) continue
          breaker.conclude(call, each.verdict)
          trials = trials.filter(other => other !== call)
        }
      }
      for (const call of running) breaker.conclude(call, 'none')
      clock.advance(2_000)
      const last = {}
      assert.ok(breaker.admits(last))
      breaker.conclude(last, 'ok')
      assert.equal(breaker.state, 'closed')
    }),
    { numRuns: 200 },
  )
})

test('failures never take out more than their share, somebody is always usable, and all come back', () => {
  const step = fc.oneof(
    fc.record({ at: fc.nat({ max: 5 }), ok: fc.boolean() }),
    fc.record({ ms: fc.integer({ min: 0, max: 3_000 }) }),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 100 }),
      fc.array(step, { maxLength: 100 }),
      (count, maxEjectedPercent, steps) => {
        const clock = createTestClock()
        const targets = Array.from({ length: count }, (_, i) => `http://${i}`)
        const outliers = { failures: 2, ejectionMs: 1_000, maxEjectedPercent, slowReturnMs: 2_000 }
        const group = new TargetGroup({ name: 'a', version: undefined }, sampleUpstream({ targets, outliers }), {
          clock,
          schedule: clock.schedule,
          logger: createSilentLogger(),
          random: () => 0,
          openPool: makeIdlePool,
        })
        const most = count < 2 ? 0 : Math.max(1, Math.floor((count * maxEjectedPercent) / 100))
        for (const each of steps) {
          if ('ms' in each) clock.advance(each.ms)
          else {
            const state = group.states[each.at % count]
            if (state === undefined) continue
            if (each.ok) group.noteSuccess(state)
            else group.noteFailure(state, 'upstream.reset')
          }
          const out = group.states.filter(({ isOut }) => isOut)
          assert.ok(out.length <= most, `${out.length} of ${count} are out`)
          assert.ok(group.states.some(state => group.isUsable(state)))
          for (const state of group.states) {
            const share = group.shareOf(state)
            assert.ok(share >= 0 && share <= 1)
          }
          assert.equal(
            group.isCalm,
            group.status().targets.every(({ condition }) => condition === 'healthy'),
          )
        }
        clock.advance(13_000)
        assert.ok(group.isCalm, 'after ejection and slow return all is as before')
        assert.equal(clock.timers(), 0)
      },
    ),
    { numRuns: 200 },
  )
})
