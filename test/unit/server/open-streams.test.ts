import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Facts } from '../../../src/exchange/exchange.ts'
import type { Judgement } from '../../../src/server/judge-again.ts'
import { OpenStreams } from '../../../src/server/open-streams.ts'
import type { ServedExchange } from '../../../src/server/served-exchange.ts'
import type { Snapshot, StreamRules } from '../../../src/snapshot/snapshot.ts'
import { createTestClock, TEST_START_MS, type TestClock } from '../../support/clock.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { makeSnapshot } from '../../support/make-snapshot.ts'
import { type FakeServerReply, makeServed } from '../../support/served-exchange.ts'

type Served = ServedExchange & { readonly reply: FakeServerReply }

interface StreamPlan {
  readonly facts?: Facts
  readonly rules?: Partial<StreamRules>
  readonly status?: number
  readonly type?: string
}

const EVENTS = 'text/event-stream; charset=utf-8'
const HOUR_MS = 3_600_000
const STANDS: Judgement = { kind: 'stands', expiresAtMs: Number.POSITIVE_INFINITY }
const REVOKED: Judgement = { kind: 'ends', denial: { code: 'stream.revoked', facts: { code: 'token.key_unknown' } } }

class Bench {
  readonly clock: TestClock = createTestClock()
  readonly judged: ServedExchange[] = []
  readonly defects: unknown[] = []
  revision = 'first'
  revocations: Partial<Snapshot['revocations']> = {}
  /** What the settings in force say. */
  say: (served: ServedExchange) => Judgement | Promise<Judgement> = () => STANDS
  readonly streams: OpenStreams = new OpenStreams({
    clock: this.clock,
    schedule: this.clock.schedule,
    current: () => makeSnapshot({ revision: this.revision, revocations: this.revocations }),
    judge: served => {
      this.judged.push(served)
      return this.say(served)
    },
    onDefect: cause => this.defects.push(cause),
  })

  /** Begins an answer that goes on: an event stream with a token, unless the plan says otherwise. */
  open(plan: StreamPlan = {}): Served {
    const served = makeServed({
      facts: plan.facts ?? { jwt: makeVerifiedJwt(), identifiedBy: ['jwt'] },
      snapshot: { revision: this.revision },
    }) as Served
    assert.ok(served.route !== undefined)
    served.route = { ...served.route, streams: { closeOnExpiry: true, timeoutMs: 24 * HOUR_MS, ...plan.rules } }
    this.streams.enter(served)
    served.reply.start(plan.status ?? 200, ['Content-Type', plan.type ?? EVENTS])
    served.reply.headAt = this.clock.monotonic()
    return served
  }

  /** Lets time pass in small steps, with a turn for whoever waits. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 500) {
      this.clock.advance(Math.min(left, 500))
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

const codeOf = (served: Served): string | undefined => served.reply.endedFor?.code

test('a stream ends at the expiry of its token, within three seconds and not before', async () => {
  const bench = new Bench()
  const expiresAtMs = TEST_START_MS + 10_000
  const facts = { jwt: makeVerifiedJwt({}, { expiresAtMs }) }
  const ending = [
    bench.open({ facts }),
    bench.open({ facts, type: 'application/grpc+proto' }),
    bench.open({ facts, status: 101, type: '' }),
  ]
  const lasting = [
    bench.open({ facts, rules: { closeOnExpiry: false } }),
    bench.open({ facts, type: 'application/octet-stream' }),
    bench.open({ facts: {} }),
    bench.open(),
  ]
  await bench.pass(9_999)
  assert.deepEqual([...ending, ...lasting].map(codeOf), Array(7).fill(undefined))
  await bench.pass(2_000)
  assert.deepEqual(ending.map(codeOf), Array(3).fill('stream.expired'))
  assert.deepEqual(lasting.map(codeOf), Array(4).fill(undefined))
  assert.equal(ending[0]?.stream?.ended?.code, 'stream.expired')
  assert.equal(bench.streams.count().ended.expired, 3)
})

test('the time limit ends whatever goes on, from its head on', async () => {
  const bench = new Bench()
  const rules = { timeoutMs: 60_000, closeOnExpiry: false }
  await bench.pass(30_000)
  const types = [EVENTS, 'application/zip', 'application/grpc']
  const streams = types.map(type => bench.open({ rules, type, facts: {} }))
  await bench.pass(59_500)
  assert.deepEqual(streams.map(codeOf), Array(3).fill(undefined))
  await bench.pass(2_000)
  assert.deepEqual(streams.map(codeOf), Array(3).fill('stream.timeout'))
  assert.equal(bench.streams.count().ended.timeout, 3)
})

test('other settings judge each stream of a known caller once more, and nobody else', async () => {
  const bench = new Bench()
  const known = [bench.open(), bench.open({ facts: { identifiedBy: ['api_key'] } })]
  bench.open({ facts: {} })
  bench.open({ rules: { closeOnExpiry: false } })
  bench.open({ type: 'text/html' })
  await bench.pass(2_000)
  assert.equal(bench.judged.length, 0)
  bench.revision = 'second'
  bench.say = served => (served === known[0] ? REVOKED : STANDS)
  await bench.pass(2_000)
  assert.deepEqual(new Set(bench.judged), new Set(known))
  assert.equal(bench.judged.length, 2)
  assert.deepEqual(known[0]?.reply.endedFor, { code: 'stream.revoked', facts: { code: 'token.key_unknown' } })
  assert.deepEqual(known.map(codeOf), ['stream.revoked', undefined])
  assert.equal(bench.streams.count().ended.revoked, 1)
})

test('under the same settings a stream is judged every half minute, but not one of a password', async () => {
  const bench = new Bench()
  const first = bench.open()
  bench.open({ facts: { user: 'alice', identifiedBy: ['http_basic'] } })
  await bench.pass(31_500)
  assert.deepEqual(bench.judged, [first])
  await bench.pass(31_000)
  assert.deepEqual(bench.judged, [first, first])
  bench.revision = 'second'
  await bench.pass(2_000)
  assert.equal(bench.judged.length, 4)
  bench.say = () => REVOKED
  await bench.pass(31_500)
  assert.equal(codeOf(first), 'stream.revoked')
})

test('a token that other settings let live shorter ends when they say', async () => {
  const bench = new Bench()
  const served = bench.open()
  await bench.pass(1_000)
  bench.revision = 'second'
  bench.say = () => ({ kind: 'stands', expiresAtMs: bench.clock.now() + 5_000 })
  await bench.pass(4_000)
  assert.equal(codeOf(served), undefined)
  await bench.pass(4_000)
  assert.equal(codeOf(served), 'stream.expired')
})

test('a verdict that cannot be reached ends nothing, and is asked for again', async () => {
  const bench = new Bench()
  const served = bench.open()
  await bench.pass(1_000)
  bench.revision = 'second'
  bench.say = () => ({ kind: 'undecided' })
  await bench.pass(9_000)
  assert.deepEqual([bench.judged.length, codeOf(served)], [1, undefined])
  bench.say = () => REVOKED
  await bench.pass(4_000)
  assert.deepEqual([bench.judged.length, codeOf(served)], [2, 'stream.revoked'])
})

test('a defect in a verdict ends nothing and is told', async () => {
  const bench = new Bench()
  const served = bench.open()
  const defects = [new Error('at once'), new Error('late')]
  for (const [i, defect] of defects.entries()) {
    bench.revision = `revision ${i}`
    bench.say = () => {
      if (i === 0) throw defect
      return Promise.reject(defect)
    }
    await bench.pass(13_000)
    assert.equal(bench.defects.at(-1), defect)
  }
  assert.equal(codeOf(served), undefined)
})

test('an end that fails is told, and the others end all the same', async () => {
  const bench = new Bench()
  const facts = { jwt: makeVerifiedJwt({}, { expiresAtMs: TEST_START_MS }) }
  const streams = [bench.open({ facts }), bench.open({ facts })]
  const defect = new Error('a defect')
  for (const { reply } of streams.slice(0, 1)) {
    reply.endStream = () => {
      throw defect
    }
  }
  await bench.pass(2_000)
  assert.deepEqual(bench.defects, [defect])
  assert.equal(codeOf(streams[1] as Served), 'stream.expired')
})

test('a host name must say no twice', async () => {
  const bench = new Bench()
  const facts = { identifiedBy: ['jwt', 'host_name'], jwt: makeVerifiedJwt() }
  const [fleeting, gone] = [bench.open({ facts }), bench.open({ facts })]
  await bench.pass(1_000)
  bench.revision = 'second'
  bench.say = () => REVOKED
  await bench.pass(3_000)
  assert.deepEqual([codeOf(fleeting), codeOf(gone)], [undefined, undefined])
  bench.say = served => (served === gone ? REVOKED : STANDS)
  await bench.pass(12_000)
  assert.deepEqual([codeOf(fleeting), codeOf(gone)], [undefined, 'stream.revoked'])
})

test('a stream that is over is left alone, whatever was still to be done', async () => {
  const bench = new Bench()
  const served = bench.open()
  await bench.pass(1_000)
  bench.revision = 'second'
  const late = Promise.withResolvers<Judgement>()
  bench.say = () => late.promise
  await bench.pass(2_000)
  bench.streams.leave(served)
  bench.streams.leave(served)
  late.resolve(REVOKED)
  await bench.pass(2_000)
  assert.equal(codeOf(served), undefined)
  assert.deepEqual(bench.streams.count().open, { websocket: 0, event_stream: 0, grpc: 0, other: 0 })
})

test('the sweep runs only while there is something under way', async () => {
  const bench = new Bench()
  assert.equal(bench.clock.timers(), 0)
  const served = [bench.open(), bench.open(), bench.open()]
  assert.equal(bench.clock.timers(), 1)
  for (const one of [1, 0, 2]) bench.streams.leave(served[one] as Served)
  await bench.pass(1_000)
  assert.equal(bench.clock.timers(), 0)
  bench.open()
  assert.equal(bench.clock.timers(), 1)
})

test('streams are counted by kind after their first second', async () => {
  const bench = new Bench()
  for (const type of [EVENTS, 'application/grpc', 'image/png']) bench.open({ type })
  bench.open({ status: 101 })
  assert.equal(bench.streams.count().open.websocket, 0)
  await bench.pass(1_000)
  assert.deepEqual(bench.streams.count().open, { websocket: 1, event_stream: 1, grpc: 1, other: 1 })
})

test('an answer whose head is not out is not looked at', async () => {
  const bench = new Bench()
  const served = makeServed({ facts: { jwt: makeVerifiedJwt({}, { expiresAtMs: TEST_START_MS }) } })
  assert.ok(served.route !== undefined)
  served.route = { ...served.route, streams: { closeOnExpiry: true, timeoutMs: 1 } }
  bench.streams.enter(served)
  await bench.pass(5_000)
  assert.equal(served.stream, undefined)
})

test('ten thousand streams are judged and ended in slices, each soon enough', async () => {
  const bench = new Bench()
  const streams = Array.from({ length: 10_000 }, () => bench.open())
  bench.clock.advance(1_100)
  bench.revision = 'second'
  bench.say = () => REVOKED
  bench.clock.advance(900)
  let [judged, ended] = [0, 0]
  for (let turns = 0; ended < streams.length; turns++) {
    assert.ok(turns < 450, 'all end within some seconds')
    bench.clock.advance(10)
    const now = bench.streams.count().ended.revoked
    assert.ok(bench.judged.length - judged <= 50 && now - ended <= 50)
    judged = bench.judged.length
    ended = now
  }
  assert.equal(judged, streams.length)
})

test('streams that come and go during a sweep are passed over by none', async () => {
  const bench = new Bench()
  const facts = { jwt: makeVerifiedJwt({}, { expiresAtMs: TEST_START_MS + 500 }) }
  const streams = Array.from({ length: 5_000 }, () => bench.open({ facts }))
  bench.clock.advance(1_000)
  for (const served of streams.splice(100, 3_000)) bench.streams.leave(served)
  bench.clock.advance(1_000)
  assert.deepEqual(new Set(streams.map(codeOf)), new Set(['stream.expired']))
})

test('verdicts that wait are two at a time', async () => {
  const bench = new Bench()
  const streams = Array.from({ length: 5 }, () => bench.open())
  await bench.pass(1_000)
  bench.revision = 'second'
  const waiting: ((judgement: Judgement) => void)[] = []
  bench.say = () => new Promise(resolve => waiting.push(resolve))
  await bench.pass(5_000)
  assert.equal(waiting.length, 2)
  for (let i = 0; i < streams.length; i++) {
    waiting[i]?.(REVOKED)
    await bench.pass(1_000)
  }
  assert.deepEqual(streams.map(codeOf), Array(5).fill('stream.revoked'))
})

test('a stream whose token is revoked ends at the next sweep, without a verdict on all the others', async () => {
  const bench = new Bench()
  let looked = 0
  const revoke = (jti: string, generation: number): void => {
    bench.revocations = {
      generation,
      isRevoked: (_, claims) => {
        looked += 1
        return claims['jti'] === jti
      },
    }
  }
  const open = (jti: string, more = {}) => bench.open({ facts: { jwt: makeVerifiedJwt({ jti }) }, ...more })
  const [one, two] = [open('one'), open('two')]
  const lasting = open('one', { rules: { closeOnExpiry: false } })
  const download = open('one', { type: 'application/zip' })
  const password = bench.open({ facts: { user: 'alice', identifiedBy: ['http_basic'] } })
  await bench.pass(3_000)
  revoke('one', 1)
  await bench.pass(2_500)
  assert.deepEqual([one, two, lasting, download, password].map(codeOf), ['stream.revoked', ...Array(4).fill(undefined)])
  assert.equal(bench.judged.length, 0)
  const before = looked
  await bench.pass(5_000)
  assert.equal(looked, before, 'nobody is looked up again while nothing changes')
  assert.equal(bench.streams.count().ended.revoked, 1)
})

test('a token that was revoked between the verdict and the first look ends its stream', async () => {
  const bench = new Bench()
  bench.revocations = { generation: 7, isRevoked: () => true }
  const served = bench.open()
  await bench.pass(1_500)
  assert.equal(codeOf(served), 'stream.revoked')
})
