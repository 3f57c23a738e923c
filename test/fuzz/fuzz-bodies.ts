/** Chunked bodies against a gateway: what is right by the letter arrives as it is; what is wrong is never answered with the upstream's 200. */
import { openFuzzGateway } from './fuzz-gateway.ts'
import type { FuzzCase, FuzzTarget } from './fuzz-target.ts'
import { generateChunks } from './generate-chunks.ts'
import { exchangeRaw, hasAnswers } from './raw-exchange.ts'
import { readAnswersStrictly } from './strict-answers.ts'
import { readChunked } from './strict-chunks.ts'
import type { StrictRequest } from './strict-request.ts'
import { openStrictUpstream } from './strict-upstream.ts'

export interface BodyCase extends FuzzCase {
  /** Where the input is cut into packets. */
  readonly cutAt: number
}

const DEADLINE_MS = 8_000
/** Behind each body: a request without a token. */
const LAST = 'GET /orders/last HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n'
/** What a parser may refuse, as this one does, though the grammar has room for it: extensions, and framing among the trailers. */
const ALLOWED_TO_REFUSE = /;|[^\t\x20-\x7e\r\n]|content-length|transfer-encoding/i

/** Starts the gateway and its upstream. */
export async function openBodiesTarget(): Promise<FuzzTarget<BodyCase>> {
  const upstream = await openStrictUpstream()
  const gateway = await openFuzzGateway(upstream.origin)
  const { port, token } = gateway
  upstream.token = token
  let turn = 0
  const ask = async ({ input, cutAt }: BodyCase, i: number): Promise<string | undefined> => {
    const head = `POST /orders/b${turn}-${i} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`
    const parts = [head + input.slice(0, cutAt), input.slice(cutAt) + LAST]
    const isWhole = readChunked(input + LAST, 0).kind === 'whole'
    const end = { isAnswered: hasAnswers(isWhole ? 1 : 0), leaves: true }
    const { received, isOverdue } = await exchangeRaw({ port, parts, deadlineMs: DEADLINE_MS, end })
    return isOverdue ? undefined : received
  }
  return {
    name: 'bodies',
    batch: 64,
    generate(random) {
      const input = generateChunks(random)
      return { input, cutAt: random.below(input.length + 1) }
    },
    async judge(cases) {
      turn += 1
      const received = await Promise.all(cases.map(ask))
      const seen = new Map(upstream.takeRequests().map(request => [request.path, request]))
      const complaint = upstream.takeComplaint() ?? gateway.takeComplaint()
      if (complaint !== undefined) return complaint
      for (const [i, { input }] of cases.entries()) {
        const found = judgeOne(input, received[i], seen.get(`/orders/b${turn}-${i}`))
        if (found !== undefined) return found
      }
      return undefined
    },
    withInput: input => ({ input, cutAt: 0 }),
    async close() {
      const complaint = await gateway.close()
      await upstream.close()
      return complaint
    },
  }
}

function judgeOne(input: string, received: string | undefined, seen: StrictRequest | undefined): string | undefined {
  if (received === undefined) return 'neither answered nor closed in time'
  const { answers, wrong } = readAnswersStrictly(received, [])
  if (wrong !== undefined) return `the caller got ${wrong}`
  const read = readChunked(input + LAST, 0)
  const status = answers[0]?.status
  if (status === 500) return 'answered with 500'
  if (read.kind !== 'whole') {
    const why = read.kind === 'wrong' ? read.why : 'not complete'
    return status === 200 || seen !== undefined ? `the body passed, and is wrong: ${why}` : undefined
  }
  if (seen !== undefined && seen.body !== read.content) return 'the upstream saw another body'
  if (status === 200 || status === 413 || ALLOWED_TO_REFUSE.test(input)) return undefined
  return `the body is right, and was answered with ${status}`
}
