import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok, type Result } from '../../../src/errors/denial.ts'
import type { RevocationSettings } from '../../../src/settings/revocation-settings.ts'
import type { Store, StoreFailure } from '../../../src/state/store.ts'
import {
  createKeptRevocations,
  MOST_KEPT_ENTRIES,
  openKeptRevocations,
  REVOCATIONS_FILE,
} from '../../../src/tokens/kept-revocations.ts'
import { createTestClock, TEST_START_MS } from '../../support/clock.ts'

const ISSUER = 'https://idp'

function byJti(jti: string, more: { readonly untilMs?: number; readonly exp?: number } = {}): RevocationSettings {
  return { authServer: 'idp', tokens: { kind: 'jti', jti, exp: more.exp }, untilMs: more.untilMs }
}

/** A disk whose writes end when, and how, a test says. */
class Disk implements Store {
  readonly directory = '/nowhere'
  content: string | undefined
  isBroken = false
  isHeld = false
  writes = 0
  #held: (() => void)[] = []

  async read(): Promise<Result<Uint8Array | undefined, StoreFailure>> {
    return ok(this.content === undefined ? undefined : Buffer.from(this.content))
  }

  async write(name: string, bytes: Uint8Array | string): Promise<Result<void, StoreFailure>> {
    assert.equal(name, REVOCATIONS_FILE)
    this.writes += 1
    if (this.isHeld) await new Promise<void>(resolve => this.#held.push(resolve))
    if (this.isBroken) return { ok: false, error: { reason: 'unusable', message: 'no space' } }
    this.content = String(bytes)
    return ok(undefined)
  }

  create(): Promise<Result<boolean, StoreFailure>> {
    throw new Error('nothing is created')
  }

  /** Lets the writes under way end. */
  release(): void {
    for (const resolve of this.#held.splice(0)) resolve()
  }
}

async function createBench() {
  const clock = createTestClock()
  const disk = new Disk()
  const opened = await openKeptRevocations({ clock, store: disk })
  assert.ok(opened.ok)
  const list = opened.value
  const isRevoked = (jti: string): boolean => list.isRevoked(ISSUER, { jti })
  const reopen = async () => {
    const again = await openKeptRevocations({ clock, store: disk })
    assert.ok(again.ok)
    return again.value
  }
  return { clock, disk, list, isRevoked, reopen }
}

test('what is added counts at once, and is acknowledged once it is on disk', async () => {
  const { disk, list, isRevoked, reopen } = await createBench()
  disk.isHeld = true
  let isDone = false
  const adding = list.add(ISSUER, byJti('a')).then(result => {
    isDone = true
    return result
  })
  assert.equal(isRevoked('a'), true)
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(isDone, false)
  disk.release()
  assert.equal((await adding).ok, true)
  const [entry] = (await reopen()).list()
  assert.deepEqual(entry, list.list()[0])
  assert.equal((await reopen()).isRevoked(ISSUER, { jti: 'a' }), true)
  assert.equal((await reopen()).isRevoked('https://other', { jti: 'a' }), false)
})

test('many changes at once share a write, and the last state is what is on disk', async () => {
  const { disk, list, reopen } = await createBench()
  const names = Array.from({ length: 100 }, (_, i) => `t${i}`)
  await Promise.all(names.map(jti => list.add(ISSUER, byJti(jti))))
  assert.ok(disk.writes <= 3, `${disk.writes} writes`)
  assert.equal((await reopen()).list().length, 100)
  await Promise.all(list.list().map(({ id }) => list.remove(id)))
  assert.deepEqual((await reopen()).list(), [])
})

test('a disk that fails frees nobody: what was added counts, and what was to go still does', async () => {
  const { disk, list, isRevoked } = await createBench()
  const added = await list.add(ISSUER, byJti('a'))
  assert.ok(added.ok)
  disk.isBroken = true
  assert.deepEqual(await list.add(ISSUER, byJti('b')), { ok: false, error: 'not kept' })
  assert.deepEqual(await list.remove(added.value.entry.id), { ok: false, error: 'not kept' })
  assert.deepEqual([isRevoked('a'), isRevoked('b')], [true, true])
  disk.isBroken = false
  assert.equal((await list.remove(added.value.entry.id)).ok, true)
  assert.deepEqual([isRevoked('a'), isRevoked('b')], [false, true])
  assert.match(disk.content ?? '', /"jti":"b"/)
})

test('what is added again while it goes stays', async () => {
  const { disk, list, isRevoked, reopen } = await createBench()
  const added = await list.add(ISSUER, byJti('a'))
  assert.ok(added.ok)
  disk.isHeld = true
  const removals = [list.remove(added.value.entry.id), list.remove(added.value.entry.id)]
  await new Promise(resolve => setImmediate(resolve))
  const adding = list.add(ISSUER, byJti('a'))
  disk.isHeld = false
  disk.release()
  await Promise.all([...removals, adding])
  assert.equal(isRevoked('a'), true)
  assert.equal((await reopen()).isRevoked(ISSUER, { jti: 'a' }), true)
})

test('the same again is one entry, with the `until` of the last', async () => {
  const { clock, list, isRevoked } = await createBench()
  await list.add(ISSUER, byJti('a', { untilMs: TEST_START_MS + 10_000 }))
  const again = await list.add(ISSUER, byJti('a', { untilMs: TEST_START_MS + 5_000 }))
  assert.ok(again.ok && !again.value.isNew)
  assert.equal(list.list().length, 1)
  clock.advance(5_000)
  assert.equal(isRevoked('a'), false)
  assert.equal(list.list().length, 0)
})

test('entries are dropped when they cannot matter any more, a day after `exp`', async () => {
  const { clock, list, isRevoked } = await createBench()
  await list.add(ISSUER, byJti('a', { exp: clock.seconds() + 60 }))
  clock.advance(86_400_000 + 59_999)
  assert.equal(isRevoked('a'), true)
  clock.advance(1)
  assert.equal(isRevoked('a'), false)
  assert.deepEqual(list.list(), [])
})

test('the number of entries, and of claims that they name, is bounded', async () => {
  const clock = createTestClock()
  const disk = new Disk()
  const full = Array.from({ length: MOST_KEPT_ENTRIES }, (_, i) => ({
    ...byJti(`t${i}`),
    id: `${i}`,
    issuer: ISSUER,
    addedMs: TEST_START_MS,
  }))
  const list = createKeptRevocations(full, { clock, store: disk })
  assert.deepEqual(await list.add(ISSUER, byJti('more')), { ok: false, error: 'too many' })
  assert.equal(list.isRevoked(ISSUER, { jti: 'more' }), false)
  const few = createKeptRevocations([], { clock, store: disk })
  const results = []
  for (let i = 0; i < 17; i++) {
    const tokens = { kind: 'claim', claim: `c${i}`, value: 1, beforeMs: 1 } as const
    results.push((await few.add(ISSUER, { authServer: 'idp', tokens, untilMs: undefined })).ok)
  }
  assert.deepEqual(results, [...Array.from({ length: 16 }, () => true), false])
})

test('each change is another generation', async () => {
  const { list } = await createBench()
  const seen = [list.generation]
  const added = await list.add(ISSUER, byJti('a'))
  seen.push(list.generation)
  assert.ok(added.ok)
  await list.remove(added.value.entry.id)
  seen.push(list.generation)
  assert.equal(new Set(seen).size, 3)
})
