/** Requests against a gateway: each answered or closed in time, those that must pass do, and the upstream only sees what it may. */
import { type FuzzGateway, openFuzzGateway } from './fuzz-gateway.ts'
import type { FuzzCase, FuzzTarget } from './fuzz-target.ts'
import { type GeneratedRequest, generateRequest } from './generate-request.ts'
import type { Random } from './random.ts'
import { exchangeRaw, hasAnswers } from './raw-exchange.ts'
import { readAnswersStrictly, type StrictAnswer } from './strict-answers.ts'
import { openStrictUpstream } from './strict-upstream.ts'

/** The requests of one connection. */
export interface RequestCase extends FuzzCase {
  readonly requests: readonly Pick<GeneratedRequest, 'expectation' | 'method'>[]
  /** Nobody knows whether the gateway waits for more: the sending side is ended after a moment. */
  readonly mayWait: boolean
  /** Stays until the gateway closes, which may take the time that a slow caller has. */
  readonly isPatient: boolean
  /** Where the input is cut into packets. */
  readonly cutAt: number | undefined
}

/** Most requests in a row on one connection. */
const MOST_PIPELINED = 8
const DEADLINE_MS = 8_000
const PATIENT_SHARE = 0.0005
/** Takes the token from a request of the caller's own. */
const DROPS_TOKEN = /connection[ \t]*:[^\r\n]*authorization/i
const LAST = 'GET /orders/last HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n'

/** Starts the gateway and its upstream. */
export async function openRequestsTarget(): Promise<FuzzTarget<RequestCase>> {
  const upstream = await openStrictUpstream()
  const gateway = await openFuzzGateway(upstream.origin)
  upstream.token = gateway.token
  const balance = new Balance()
  let couldLackToken = false
  const judgeOne = async (each: RequestCase): Promise<string | undefined> => {
    const { input, requests, mayWait, isPatient, cutAt } = each
    const parts = cutAt === undefined ? [input] : [input.slice(0, cutAt), input.slice(cutAt)]
    const { port } = gateway
    const answers = requests.filter(({ expectation }) => expectation !== 'any').length
    const end = { isAnswered: hasAnswers(answers), leaves: !isPatient }
    const { received, isOverdue } = await exchangeRaw({ port, parts, deadlineMs: DEADLINE_MS, ...(mayWait && { end }) })
    return isOverdue ? 'neither answered nor closed in time' : judgeAnswers(received, each)
  }
  return {
    name: 'requests',
    batch: 96,
    generate: random => generateConnection(random, gateway),
    async judge(cases) {
      const complaints = await Promise.all(cases.map(judgeOne))
      const mayLackToken = cases.some(({ input }) => DROPS_TOKEN.test(input))
      const found = [
        ...complaints,
        upstream.takeComplaint(mayLackToken || couldLackToken),
        balance.judge(cases, upstream.takeRequests().length),
        gateway.takeComplaint(),
      ]
      couldLackToken = mayLackToken
      return found.find(complaint => complaint !== undefined)
    },
    withInput: (input, original) => ({
      ...original,
      input,
      cutAt: undefined,
      mayWait: true,
      requests: [{ expectation: 'any', method: /^[\r\n]*HEAD /.test(input) ? 'HEAD' : 'GET' }],
    }),
    async close() {
      const complaint = await gateway.close()
      await upstream.close()
      return complaint
    },
  }
}

/** Puts requests in a row for as long as it is sure that the connection goes on; the last one ends it. */
export function generateConnection(random: Random, material: Pick<FuzzGateway, 'token'>): RequestCase {
  const requests: GeneratedRequest[] = []
  let input = ''
  let isInStep = true
  while (isInStep && requests.length < MOST_PIPELINED && (requests.length === 0 || random.chance(0.75))) {
    const request = generateRequest(random, material)
    // Behind a CONNECT there is no HTTP any more: it ends the connection, with what was still to be answered.
    if (requests.length > 0 && /CONNECT /i.test(request.bytes)) break
    requests.push(request)
    input += request.bytes
    isInStep = request.inStep
  }
  if (isInStep) requests.push({ bytes: LAST, expectation: 'refuse', inStep: false, method: 'GET' })
  const isPatient = random.chance(PATIENT_SHARE)
  const cutAt = random.chance(0.2) ? random.below(input.length + 1) : undefined
  return { input: isInStep ? input + LAST : input, requests, mayWait: !isInStep, isPatient, cutAt }
}

function judgeAnswers(received: string, { requests }: RequestCase): string | undefined {
  const methods = requests.map(({ method }) => method)
  const { answers, wrong } = readAnswersStrictly(received, methods)
  // A request that was broken may turn out to be another one, with another method: its answer cannot be read.
  const isReadable = requests.every(({ expectation }) => expectation !== 'any')
  if (wrong !== undefined && isReadable) return `the caller got ${wrong}`
  for (const [i, { expectation }] of requests.entries()) {
    const complaint = judgeAnswer(answers[i], expectation, i, requests.length - 1)
    if (complaint !== undefined) return complaint
  }
  return undefined
}

function judgeAnswer(
  answer: StrictAnswer | undefined,
  expectation: GeneratedRequest['expectation'],
  i: number,
  last: number,
): string | undefined {
  if (expectation === 'any') return undefined
  if (answer === undefined) return i < last || expectation === 'pass' ? `request ${i} has no answer` : undefined
  if (answer.status === 500) return `request ${i} was answered with 500`
  if (expectation === 'pass') {
    return answer.status === 200 ? undefined : `request ${i} must pass and got ${answer.status} ${answer.body}`
  }
  return answer.status >= 400 ? undefined : `request ${i} must be refused and got ${answer.status}`
}

/**
 * One in, at most one out: of each batch the upstream saw every request that must pass, and over all batches at most one for each
 * request line. What a caller that left had asked for may come late, so there is no such bound for one batch.
 */
class Balance {
  #most = 0
  #seen = 0

  judge(cases: readonly RequestCase[], seen: number): string | undefined {
    let least = 0
    for (const { input, requests } of cases) {
      const certain = requests.filter(({ expectation }) => expectation === 'pass').length
      const isCertain = requests.every(({ expectation }) => expectation !== 'any')
      least += certain
      this.#most += isCertain ? certain : input.split(' HTTP/1.1\r\n').length - 1
    }
    this.#seen += seen
    if (seen < least) return `the upstream saw ${seen} of ${least} requests`
    return this.#seen > this.#most ? `the upstream saw ${this.#seen} requests of at most ${this.#most}` : undefined
  }
}
