/** Tables of upstream answers, each with what its caller must get and what must become of the upstream's connection. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { ErrorCode } from '../../src/errors/catalogue.ts'
import { entryOf } from '../../src/errors/catalogue.ts'
import type { Cleanup } from './command.ts'
import { type Arrival, type HostileUpstream, startHostileUpstream } from './hostile-upstream.ts'
import { openRawSocket } from './raw-socket.ts'
import { openScene, type Scene } from './scene.ts'
import { until } from './upstream.ts'
import { type ReceivedAnswer, readAnswer } from './whole-answer.ts'

/** One answer of an upstream. */
export interface AnswerCase {
  /** The rest of the sentence that begins with `an upstream that …`. */
  readonly name: string
  /** The rule it breaks or uses, or the advisory it is from. */
  readonly rule: string
  /** GET by default. */
  readonly method?: string
  /** Further lines of the request. */
  readonly lines?: string
  readonly body?: string
  /** What is sent once the request's head has come: bytes as Latin-1, or something that takes its time. */
  readonly answer: string | ((arrival: Arrival) => void)
  /** What the upstream does with the connection behind these bytes: nothing by default. */
  readonly afterwards?: 'end' | 'reset'
  readonly expect: Expected
}

/** What the caller gets. The upstream's connection ends, unless `kept`. */
export type Expected =
  /** A refusal with this code. */
  | { readonly code: ErrorCode }
  /** The head, perhaps a part of the body, and a visible end before it is whole. */
  | { readonly cut: true }
  /** A whole answer. */
  | {
      readonly status: number
      readonly body?: string
      readonly reason?: string
      /** Values that a field must have, by lower-case name; none for an empty list. */
      readonly fields?: Readonly<Record<string, readonly string[]>>
      /** The next request goes over the same connection: the answer was taken for a proper one. */
      readonly kept?: boolean
    }

/** The usual refusal: 502, the connection ends. */
export const REFUSED: Expected = { code: 'upstream.protocol' }
/** The answer that is there, whole, and whose connection is used again. */
export const passed = (body?: string, fields?: Readonly<Record<string, readonly string[]>>): Expected => ({
  status: 200,
  ...(body !== undefined && { body }),
  ...(fields !== undefined && { fields }),
  kept: true,
})

export interface AnswerBench {
  readonly scene: Scene
  readonly upstream: HostileUpstream
  /** Makes a case's call and checks everything about it. */
  judge(entry: AnswerCase): Promise<ReceivedAnswer | undefined>
  /** Asks for something that is answered properly, and with its own answer. */
  askWell(): Promise<void>
}

/** Starts a gateway whose upstream answers each case by its number and everything else with the target as the body. */
export async function openAnswerBench(t: Cleanup): Promise<AnswerBench> {
  const running = new Map<string, AnswerCase>()
  const upstream = await startHostileUpstream({
    answer(arrival) {
      const entry = running.get(arrival.target)
      if (entry === undefined) sendWell(arrival)
      else sendCase(entry, arrival)
    },
  })
  const scene = await openScene(t, {
    upstream,
    settings: places => `
apis:
  - name: orders
    open: true
    upstream:
      targets: [ "${places.upstream}" ]
      connect_timeout: 1s
      response_timeout: 400ms
      outliers: { failures: 0 }
`,
  })
  let number = 0
  const ask = async (target: string, entry: Pick<AnswerCase, 'method' | 'lines' | 'body'>): Promise<string> => {
    const { method = 'GET', lines = '', body } = entry
    const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
    const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`
    socket.send(`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}${length}\r\n${body ?? ''}`)
    return socket.closed()
  }
  const askWell = async (): Promise<void> => {
    number += 1
    const target = `/orders/good-${number}`
    const answer = readAnswer(await ask(target, {}))
    assert.deepEqual([answer?.status, answer?.body, answer?.rest], [200, target, ''], 'the next answer is its own')
    assert.equal(upstream.countOf(target), 1)
  }
  return {
    scene,
    upstream,
    askWell,
    async judge(entry) {
      number += 1
      const target = `/orders/case-${number}`
      running.set(target, entry)
      const received = await ask(target, entry)
      const answer = readAnswer(received, entry.method)
      assert.equal(upstream.countOf(target), 1, 'one request in, one out')
      assert.ok(answer !== undefined, `an answer in ${JSON.stringify(received)}`)
      assert.equal(answer.rest, '', 'nothing behind the answer')
      await judgeAnswer(answer, entry.expect, scene)
      const connection = upstream.connectionOf(target)
      const isKept = 'kept' in entry.expect && entry.expect.kept === true
      if (!isKept) await until(() => connection?.isOpen() === false, 'the end of the connection')
      await askWell()
      const next = upstream.connectionOf(`/orders/good-${number}`)
      assert.equal(next === connection, isKept, isKept ? 'the connection is used again' : 'it is not used again')
      return answer
    },
  }
}

/** Makes each case of a table a test, all with one gateway. */
export function judgeAnswers(title: string, table: readonly AnswerCase[]): void {
  describe(title, () => {
    let bench: AnswerBench
    const ends: (() => unknown)[] = []
    before(async () => {
      bench = await openAnswerBench({ after: end => void ends.push(end as () => unknown) })
    })
    for (const entry of table) {
      test(`an upstream that ${entry.name} (${entry.rule})`, async () => {
        await bench.judge(entry)
      })
    }
    test('and nothing of it was a defect', async () => {
      const records = bench.scene.gateway.log
      assert.deepEqual(
        records.filter(record => record.level === 'error' || record['error.type'] === 'internal.defect'),
        [],
      )
      for (const end of ends.reverse()) await end()
    })
  })
}

async function judgeAnswer(answer: ReceivedAnswer, expected: Expected, { gateway }: Scene): Promise<void> {
  const [requestId] = answer.all('x-request-id')
  const record = await gateway.recordOf(requestId ?? null)
  const failure = record['error.type']
  if ('code' in expected) {
    assert.deepEqual([answer.status, failure], [entryOf(expected.code).status, expected.code], answer.body)
    assert.equal((JSON.parse(answer.body) as { code: string }).code, expected.code)
    return
  }
  if ('cut' in expected) {
    assert.equal(answer.isWhole, false, 'the cut is visible')
    assert.equal(failure, 'upstream.interrupted')
    return
  }
  assert.deepEqual([answer.status, failure], [expected.status, undefined], answer.body)
  assert.equal(answer.isWhole, true)
  if (expected.body !== undefined) assert.equal(answer.body, expected.body)
  if (expected.reason !== undefined) assert.equal(answer.reason, expected.reason)
  for (const [name, values] of Object.entries(expected.fields ?? {})) assert.deepEqual(answer.all(name), values, name)
}

function sendWell({ socket, target, whole }: Arrival): void {
  void whole.then(() => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`))
}

function sendCase({ answer, afterwards }: AnswerCase, arrival: Arrival): void {
  if (typeof answer === 'function') {
    answer(arrival)
    return
  }
  const { socket } = arrival
  if (afterwards === 'end') socket.end(answer, 'latin1')
  else
    socket.write(answer, 'latin1', () => {
      if (afterwards === 'reset') socket.resetAndDestroy()
    })
}
