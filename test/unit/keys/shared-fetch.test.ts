import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSharedFetch, type SharedCall, type SharedOutcome } from '../../../src/keys/shared-fetch.ts'
import type { FetchDocument, FetchedDocument, FetchLimits } from '../../../src/outbound/fetch-document.ts'
import { createTestClock } from '../../support/clock.ts'

function createBench() {
  const clock = createTestClock()
  const calls: { readonly uri: string; readonly limits: FetchLimits }[] = []
  const waiting: ((document: FetchedDocument) => void)[] = []
  const fetchDocument: FetchDocument = (uri, limits) => {
    calls.push({ uri, limits })
    return new Promise(resolve => waiting.push(resolve))
  }
  const shared = createSharedFetch(clock)
  const get = (changes: Partial<SharedCall> = {}): Promise<SharedOutcome> =>
    shared({
      fetchDocument,
      uri: 'https://idp.example/jwks',
      limits: { timeoutMs: 2000, maxBytes: 1000, accept: 'application/json' },
      allowedMs: 2000,
      isConditional: true,
      reuseWithinMs: 0,
      laterThan: Number.NEGATIVE_INFINITY,
      ...changes,
    })
  const reply = (document: FetchedDocument): void => waiting.shift()?.(document)
  return { clock, calls, get, reply, shared, fetchDocument }
}

function documentOf(text: string, fields: Readonly<Record<string, string>> = {}, status = 200): FetchedDocument {
  return { ok: true, status, body: Buffer.from(text), fields: new Map(Object.entries(fields)) }
}

test('who wants one document at one time shares its fetch', async () => {
  const { calls, get, reply } = createBench()
  const both = [get(), get()]
  assert.equal(calls.length, 1)
  reply(documentOf('a'))
  const [one, other] = await Promise.all(both)
  assert.equal(one?.document, other?.document)
  void get()
  assert.equal(calls.length, 2, 'the next one is a fetch of its own')
})

test('another address, size, permission, time or fetcher is a fetch of its own', () => {
  const { calls, get } = createBench()
  const limits = { timeoutMs: 2000, maxBytes: 1000, accept: 'application/json' }
  void get()
  void get({ uri: 'https://idp.example/other' })
  void get({ limits: { ...limits, maxBytes: 2000 } })
  void get({ limits: { ...limits, allowHttp: true } })
  void get({ allowedMs: 60_000 })
  let others = 0
  void get({
    fetchDocument: () => {
      others += 1
      return new Promise(() => {})
    },
  })
  assert.deepEqual([calls.length, others], [5, 1])
})

test('an outcome that the caller has not seen is as good as a fetch while it is young', async () => {
  const { clock, calls, get, reply } = createBench()
  const first = get()
  reply({ ok: false, reason: 'timeout' })
  const { atMs } = await first
  clock.advance(4_999)
  assert.deepEqual((await get({ reuseWithinMs: 5_000 })).document, { ok: false, reason: 'timeout' })
  void get({ reuseWithinMs: 5_000, laterThan: atMs })
  assert.equal(calls.length, 2)
})

test('a document that carries a validator is asked for on condition, and a 304 renews it', async () => {
  const { calls, get, reply } = createBench()
  const first = get()
  reply(documentOf('keys', { etag: '"1"', 'cache-control': 'max-age=60', expires: 'x' }))
  const body = ((await first).document as { body: Uint8Array }).body
  const second = get()
  assert.deepEqual(calls[1]?.limits.held, { etag: '"1"' })
  reply(documentOf('', { 'cache-control': 'max-age=90' }, 304))
  const { document } = await second
  assert.ok(document.ok)
  assert.equal(document.body, body)
  assert.equal(document.status, 304)
  assert.deepEqual(Object.fromEntries(document.fields), { etag: '"1"', 'cache-control': 'max-age=90', expires: 'x' })
  void get({ isConditional: false })
  assert.equal(calls[2]?.limits.held, undefined)
})

test('a date is a validator too, text that is none is not sent back, and a 304 out of nowhere is a failure', async () => {
  for (const [fields, held] of [
    [{ 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }, { lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' }],
    [{ etag: '"a\nb"' }, undefined],
    [{ etag: `"${'x'.repeat(300)}"` }, undefined],
    [{}, undefined],
  ] as const) {
    const { calls, get, reply } = createBench()
    const first = get()
    reply(documentOf('keys', fields))
    await first
    void get()
    assert.deepEqual(calls[1]?.limits.held, held)
  }
  const { get, reply } = createBench()
  const lost = get()
  reply(documentOf('', {}, 304))
  assert.deepEqual((await lost).document, { ok: false, reason: 'status 304' })
})

test('answers without a body pile up no fields, and an age is that of its own answer', async () => {
  const { get, reply } = createBench()
  const first = get()
  reply(documentOf('keys', { etag: '"1"', age: '500', 'x-0': '' }))
  await first
  for (const i of [1, 2]) {
    const next = get()
    reply(documentOf('', { [`x-${i}`]: '' }, 304))
    const { document } = await next
    assert.deepEqual(document.ok && [...document.fields.keys()].sort(), ['etag', `x-${i}`])
  }
})

test('who leaves does not take the fetch from the others; the last one ends it', async () => {
  const { calls, get } = createBench()
  const [one, other] = [new AbortController(), new AbortController()]
  const limits = { timeoutMs: 2000, maxBytes: 1000, accept: 'application/json' }
  const waiting = [one, other].map(({ signal }) => get({ limits: { ...limits, signal } }))
  one.abort()
  assert.deepEqual((await waiting[0])?.document, { ok: false, reason: 'closed' })
  assert.equal(calls[0]?.limits.signal?.aborted, false)
  other.abort()
  assert.equal(calls[0]?.limits.signal?.aborted, true)
  void get()
  assert.equal(calls.length, 2, 'nobody boards a flight that was ended')
})

test('who has left already waits for nothing, and the fetch ends', async () => {
  const { calls, get } = createBench()
  const limits = { timeoutMs: 2000, maxBytes: 1000, accept: 'application/json', signal: AbortSignal.abort() }
  assert.deepEqual((await get({ limits })).document, { ok: false, reason: 'closed' })
  assert.equal(calls[0]?.limits.signal?.aborted, true)
})

test('a defect of the fetcher reaches everybody, and the next fetch is a new one', async () => {
  const clock = createTestClock()
  const shared = createSharedFetch(clock)
  let calls = 0
  const call: SharedCall = {
    fetchDocument: () => {
      calls += 1
      return Promise.reject(new Error('defect'))
    },
    uri: 'https://idp.example',
    limits: { timeoutMs: 1, maxBytes: 1, accept: '' },
    allowedMs: 1,
    isConditional: true,
    reuseWithinMs: 0,
    laterThan: 0,
  }
  await Promise.all([assert.rejects(shared(call), /defect/), assert.rejects(shared(call), /defect/)])
  await assert.rejects(shared(call))
  assert.equal(calls, 2)
})

test('documents are remembered for so many addresses and no more', async () => {
  const { shared } = createBench()
  const held: unknown[] = []
  const fetchDocument: FetchDocument = (_uri, limits) => {
    held.push(limits.held)
    return Promise.resolve(documentOf('x', { etag: '"1"' }))
  }
  const get = (i: number) =>
    shared({
      fetchDocument,
      uri: `https://idp.example/${i}`,
      limits: { timeoutMs: 1, maxBytes: 1, accept: '' },
      allowedMs: 1,
      isConditional: true,
      reuseWithinMs: 0,
      laterThan: 0,
    })
  for (let i = 0; i <= 256; i++) await get(i)
  await get(256)
  await get(0)
  assert.deepEqual(held.slice(-2), [{ etag: '"1"' }, undefined])
})
