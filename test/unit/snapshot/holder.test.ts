import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSnapshotHolder } from '../../../src/snapshot/holder.ts'
import { makeSnapshot } from '../../support/make-snapshot.ts'

const noDefect = (cause: unknown): never => assert.fail(String(cause))

test('a lease keeps its snapshot through swaps; the last lease that returns retires it', () => {
  const retired: string[] = []
  const first = makeSnapshot({ revision: 'one', onRetire: () => retired.push('one') })
  const second = makeSnapshot({ revision: 'two', onRetire: () => retired.push('two') })
  const holder = createSnapshotHolder(first, noDefect)
  const [early, also] = [holder.lease(), holder.lease()]
  holder.swap(second)
  assert.equal(holder.current(), second)
  assert.equal(early.snapshot, first)
  assert.equal(holder.lease().snapshot, second)
  early.release()
  assert.equal(retired.length, 0, 'one lease is out')
  also.release()
  assert.deepEqual(retired, ['one'])
})

test('a snapshot that nobody reads is retired with the swap, and the current one never is', () => {
  const retired: string[] = []
  const holder = createSnapshotHolder(makeSnapshot({ onRetire: () => retired.push('one') }), noDefect)
  holder.lease().release()
  assert.equal(retired.length, 0, 'it is in force')
  holder.swap(makeSnapshot({ onRetire: () => retired.push('two') }))
  assert.deepEqual(retired, ['one'])
})

test('a thousand swaps under one lease keep nothing but what it reads and what is in force', () => {
  let alive = 1
  const holder = createSnapshotHolder(makeSnapshot({ onRetire: () => alive-- }), noDefect)
  const lease = holder.lease()
  for (let i = 0; i < 1_000; i++) {
    alive += 1
    holder.swap(makeSnapshot({ onRetire: () => alive-- }))
    holder.lease().release()
    assert.equal(alive, 2)
  }
  lease.release()
  assert.equal(alive, 1)
})

test('closing waits for every lease and for what retiring takes', async () => {
  const gate = Promise.withResolvers<void>()
  const holder = createSnapshotHolder(makeSnapshot({ onRetire: () => gate.promise }), noDefect)
  const old = holder.lease()
  holder.swap(makeSnapshot())
  const current = holder.lease()
  let isClosed = false
  const closed = holder.close().then(() => {
    isClosed = true
  })
  const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  current.release()
  await turn()
  assert.equal(isClosed, false, 'an old snapshot is still read')
  old.release()
  await turn()
  assert.equal(isClosed, false, 'it is being given back')
  gate.resolve()
  await closed
})

test('what cannot be given back is told and stops nobody', async () => {
  const defect = new Error('no')
  const told: unknown[] = []
  const holder = createSnapshotHolder(makeSnapshot({ onRetire: () => Promise.reject(defect) }), cause =>
    told.push(cause),
  )
  await holder.close()
  assert.deepEqual(told, [defect])
})

test('a lease counts its exchanges', () => {
  const holder = createSnapshotHolder(makeSnapshot(), noDefect)
  const lease = holder.lease()
  assert.equal(lease.leases, 1)
  assert.equal(holder.lease().leases, 2)
  lease.release()
  assert.equal(lease.leases, 1)
})
