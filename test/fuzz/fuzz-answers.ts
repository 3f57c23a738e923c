/**
 * Upstream answers against a gateway: what is right arrives as it is; of what is wrong the caller gets a whole answer of another kind,
 * or one that is visibly cut; and nothing of it ever reaches the next caller.
 */
import { type BytesUpstream, openBytesUpstream } from './bytes-upstream.ts'
import { openFuzzGateway } from './fuzz-gateway.ts'
import type { FuzzCase, FuzzTarget } from './fuzz-target.ts'
import { type GeneratedAnswer, generateAnswer } from './generate-answer.ts'
import { exchangeRaw } from './raw-exchange.ts'
import { readAnswersStrictly } from './strict-answers.ts'

export interface AnswerCase extends FuzzCase, Omit<GeneratedAnswer, 'bytes'> {
  readonly method: 'GET' | 'HEAD'
}

const DEADLINE_MS = 8_000
/** Requests after each batch that must have answers of their own. */
const CLEAN_AFTERWARDS = 8

/** Starts the gateway and its upstream. */
export async function openAnswersTarget(): Promise<FuzzTarget<AnswerCase>> {
  const upstream = await openBytesUpstream()
  const gateway = await openFuzzGateway(upstream.origin)
  const { port } = gateway
  let turn = 0
  const askClean = async (name: string): Promise<string | undefined> => {
    const parts = [`GET /open/${name} HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n`]
    const { received } = await exchangeRaw({ port, parts, deadlineMs: DEADLINE_MS })
    const [answer] = readAnswersStrictly(received, []).answers
    if (answer?.status === 200 && answer.body === `/open/${name}`) return undefined
    return `the next caller got ${JSON.stringify(received.slice(0, 300))}`
  }
  const ask = async (each: AnswerCase, i: number): Promise<string | undefined> => {
    const parts = [
      `${each.method} /open/a${i} HTTP/1.1\r\nHost: api\r\n\r\nGET /open/next-${i} HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n`,
    ]
    const { received, isOverdue } = await exchangeRaw({ port, parts, deadlineMs: DEADLINE_MS })
    return isOverdue ? 'neither answered nor closed in time' : judgeReceived(received, each, `/open/next-${i}`)
  }
  return {
    name: 'answers',
    batch: 64,
    generate(random) {
      const method = random.chance(0.15) ? 'HEAD' : 'GET'
      const { bytes, ending, expected } = generateAnswer(random, method)
      return { input: bytes, ending, expected, method }
    },
    async judge(cases) {
      setAnswers(upstream, cases)
      const complaints = await Promise.all(cases.map(ask))
      turn += 1
      const clean = await Promise.all(
        Array.from({ length: CLEAN_AFTERWARDS }, (_, i) => askClean(`clean-${turn}-${i}`)),
      )
      return [...complaints, ...clean].find(complaint => complaint !== undefined) ?? gateway.takeComplaint()
    },
    withInput: (input, { method }) => ({ input, ending: 'end', expected: undefined, method }),
    async close() {
      const complaint = await gateway.close()
      await upstream.close()
      return complaint
    },
  }
}

function setAnswers(upstream: BytesUpstream, cases: readonly AnswerCase[]): void {
  upstream.answers = new Map(cases.map(({ input, ending }, i) => [`/open/a${i}`, { bytes: input, ending }]))
}

function judgeReceived(received: string, { method, expected }: AnswerCase, next: string): string | undefined {
  const { answers, cut, wrong, interim } = readAnswersStrictly(received, [method, 'GET'])
  const [first, second] = answers
  if (wrong !== undefined) return `the caller got ${wrong}`
  if (interim > 0) return 'the caller got an interim answer'
  if (answers.length > 2) return `the caller got ${answers.length} answers to two requests`
  if (first !== undefined && (first.status < 200 || first.status === 500) && expected?.status !== first.status)
    if (expected !== undefined || !/ 500/.test(received)) return `the caller got ${first.status}`
  if (second !== undefined && second.body !== next) return `the second request was answered with ${second.body}`
  if (first !== undefined && second === undefined && first.fields.get('connection') !== 'close') {
    return cut ? 'the answer to the second request was cut' : 'the second request has no answer'
  }
  if (expected === undefined) return undefined
  if (first === undefined) return 'a right answer was cut'
  if (first.status !== expected.status)
    return `a right answer of ${expected.status} became ${first.status} ${first.body}`
  return first.body === expected.body ? undefined : 'the caller got another body'
}
