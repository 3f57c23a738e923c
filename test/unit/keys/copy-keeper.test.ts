import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok, type Result } from '../../../src/errors/denial.ts'
import { createCopyKeeper } from '../../../src/keys/copy-keeper.ts'
import type { KeyCopies, KeyCopy } from '../../../src/keys/key-copies.ts'
import { createTestClock, TEST_START_MS } from '../../support/clock.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'

const OWNER = { authServer: 'staff', issuer: 'https://idp', source: 'https://idp/jwks' }
const LIMITS = { maxBytes: 100, maxAgeMs: 500, maxStaleMs: 1000 }
const COPY: KeyCopy = { ...OWNER, fetchedAtMs: TEST_START_MS, ageMs: 10, body: '{}', firstSeen: {} }

function createBench(read: Result<KeyCopy | undefined, string> = ok(COPY)) {
  const clock = createTestClock()
  const logger = createSilentLogger()
  const kept: string[] = []
  const bench = { outcome: ok(undefined) as Result<void, string>, waiting: [] as (() => void)[], isSlow: false }
  const copies: KeyCopies = {
    mayWrite: true,
    read: async () => read,
    async keep(_owner, { body }) {
      kept.push(body)
      if (bench.isSlow) await new Promise<void>(resolve => bench.waiting.push(resolve))
      return bench.outcome
    },
  }
  return Object.assign(bench, { clock, logger, kept, keeper: createCopyKeeper(OWNER, { copies, clock, logger }) })
}

test('a copy that is restored is as old as the wall clock says', async () => {
  const { clock, keeper } = createBench()
  clock.advance(400)
  const restored = await keeper.restore(LIMITS)
  assert.deepEqual([restored?.spentMs, restored?.bytes.toString()], [400, '{}'])
})

test('a copy that is too old, too large, from the future or refused is not restored, and the log says why', async () => {
  const reasons: string[] = []
  for (const [step, limits, read] of [
    [1001, LIMITS, undefined],
    [0, { ...LIMITS, maxBytes: 1 }, undefined],
    [-300_001, LIMITS, undefined],
    [0, LIMITS, { ok: false, error: 'its seal is broken' }],
  ] as const) {
    const { clock, keeper, logger } = createBench(read)
    clock.jumpTo(TEST_START_MS + step)
    assert.equal(await keeper.restore(limits), undefined)
    reasons.push(String(logger.lines[0]?.facts['reason']))
  }
  assert.deepEqual(reasons, ['it is too old', 'it is too large', 'it is from the future', 'its seal is broken'])
  const none = createBench(ok(undefined))
  assert.equal(await none.keeper.restore(LIMITS), undefined)
  assert.equal(none.logger.lines.length, 0)
})

test('a copy from when keys could be fresh for longer is fresh for no longer than the settings of the day say', async () => {
  const { clock, keeper } = createBench(ok({ ...COPY, ageMs: 3_600_000 }))
  assert.equal((await keeper.restore(LIMITS))?.ageMs, 500)
  clock.advance(1001)
  assert.equal(await keeper.restore(LIMITS), undefined)
})

test('a clock that went back by minutes does not make a copy older than it is', async () => {
  const { clock, keeper } = createBench()
  clock.jumpTo(TEST_START_MS - 300_000)
  assert.equal((await keeper.restore(LIMITS))?.spentMs, 0)
})

test('of the copies that wait only the latest is written', async () => {
  const bench = createBench()
  bench.isSlow = true
  for (const body of ['1', '2', '3']) bench.keeper.keep({ ...COPY, body })
  bench.isSlow = false
  bench.waiting.shift()?.()
  await bench.keeper.done()
  assert.deepEqual(bench.kept, ['1', '3'])
})

test('F12: trouble with the disk is told when it begins and when it ends, and nobody throws', async () => {
  const bench = createBench()
  bench.outcome = { ok: false, error: 'disk full' }
  for (let i = 0; i < 3; i++) {
    bench.keeper.keep(COPY)
    await bench.keeper.done()
  }
  assert.equal(bench.keeper.failure, 'disk full')
  bench.outcome = ok(undefined)
  bench.keeper.keep(COPY)
  await bench.keeper.done()
  assert.equal(bench.keeper.failure, undefined)
  assert.deepEqual(
    bench.logger.lines.map(({ level }) => level),
    ['error', 'info'],
  )
})
