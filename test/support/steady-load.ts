/** Callers that ask one after the other over connections that they keep, and judge every answer. */
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pace } from 'node:timers/promises'

/** One kind of call. */
export interface LoadCall {
  /** Made anew for each call where it is a function. */
  readonly path: string | (() => string)
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Says what is wrong with an answer; undefined where it is right. */
  judge(status: number, body: string): string | undefined
}

export interface LoadReport {
  readonly requests: number
  /** Requests without a whole answer; the first few with their reason. */
  readonly failed: number
  /** Answers that were judged wrong; the first few with what was wrong. */
  readonly wrong: number
  readonly examples: readonly string[]
  /** Connections that were opened. */
  readonly connections: number
  readonly slowestMs: number
}

export interface Load {
  /** So far. */
  report(): LoadReport
  /** From now on the server may go: an answer that closes its connection, and a refused connection, end a caller without fault. */
  mayEnd(): void
  /** Lets every caller finish its request; resolves when all have. */
  stop(): Promise<LoadReport>
  /** Resolves when every caller has ended by itself. */
  ended: Promise<void>
}

export interface LoadPlan {
  readonly origin: string
  /** Asked in turn by every caller. */
  readonly calls: readonly LoadCall[]
  readonly callers: number
  /** Milliseconds between an answer and the next request of a caller. */
  readonly pauseMs: number
  /** Told of each whole answer, with the milliseconds it took and the time of its request by `performance.now`. */
  readonly onAnswer?: (status: number, tookMs: number, askedAt: number) => void
}

const MAX_EXAMPLES = 5
/** A request that takes longer has failed. */
const DEADLINE_MS = 10_000

/** Starts the load. */
export function startLoad({ origin, calls, callers, pauseMs, onAnswer }: LoadPlan): Load {
  const counts = { requests: 0, failed: 0, wrong: 0, connections: 0, slowestMs: 0 }
  const examples: string[] = []
  let isOver = false
  let mayEnd = false
  const note = (what: string): void => {
    if (examples.length < MAX_EXAMPLES) examples.push(what)
  }

  /** Makes one call; resolves with whether the caller goes on. */
  const ask = async (agent: Agent, { path: given, headers = {}, body, judge }: LoadCall): Promise<boolean> => {
    const path = typeof given === 'function' ? given() : given
    const begun = performance.now()
    try {
      const { incoming, isReused } = await exchange(agent, new URL(path, origin), headers, body)
      if (!isReused) counts.connections += 1
      const answer = await text(incoming)
      counts.requests += 1
      const tookMs = performance.now() - begun
      counts.slowestMs = Math.max(counts.slowestMs, tookMs)
      onAnswer?.(incoming.statusCode ?? 0, tookMs, begun)
      const complaint = judge(incoming.statusCode ?? 0, answer)
      if (complaint !== undefined) {
        counts.wrong += 1
        note(`${path}: ${complaint}`)
      }
      return !(mayEnd && incoming.headers.connection === 'close')
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      if (mayEnd && code === 'ECONNREFUSED') return false
      counts.requests += 1
      counts.failed += 1
      note(`${path}: ${code}`)
      return true
    }
  }
  const work = async (first: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let turn = first; !isOver; turn++) {
      if (!(await ask(agent, calls[turn % calls.length] as LoadCall))) break
      await pace(pauseMs)
    }
    agent.destroy()
  }

  const ended = Promise.all(Array.from({ length: callers }, (_, i) => work(i))).then(() => undefined)
  const report = (): LoadReport => ({ ...counts, examples: [...examples] })
  return {
    report,
    ended,
    mayEnd() {
      mayEnd = true
    },
    async stop() {
      isOver = true
      await ended
      return report()
    },
  }
}

function exchange(
  agent: Agent,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): Promise<{ readonly incoming: IncomingMessage; readonly isReused: boolean }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, headers, method: body === undefined ? 'GET' : 'POST', timeout: DEADLINE_MS })
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    outgoing.on('response', incoming => resolve({ incoming, isReused: outgoing.reusedSocket }))
    outgoing.on('error', reject).end(body)
  })
}
