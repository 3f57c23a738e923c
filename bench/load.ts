/** One load: wrk on its core, 64 keep-alive connections, and what it says about throughput and latency. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LOAD_CORE, pinned } from './processes.ts'

export const CONNECTIONS = 64

export interface LoadResult {
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers with a status of 400 or more. */
  readonly refused: number
  readonly socketErrors: number
}

/** Writes a wrk script that sends these Authorization values in turn; `undefined` sends none. */
export function writeLoadScript(directory: string, name: string, tokens: readonly (string | undefined)[]): string {
  const file = join(directory, `${name}.lua`)
  const list = tokens.map(token => (token === undefined ? '{}' : `{ ["authorization"] = "Bearer ${token}" }`))
  // Requests are made once: the load generator should cost the same in every scenario.
  writeFileSync(
    file,
    `local fields = {
${list.join(',\n')}
}
local requests = {}
local at = 0
function init(args)
  for i, each in ipairs(fields) do requests[i] = wrk.format("GET", "/v1/items/7?expand=lines", each) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`,
  )
  return file
}

/** Runs wrk against a port of 127.0.0.1. */
export async function runLoad(port: number, script: string, seconds: number): Promise<LoadResult> {
  const [file, ...args] = pinned(LOAD_CORE, [
    'wrk',
    '--threads=1',
    `--connections=${CONNECTIONS}`,
    `--duration=${seconds}s`,
    '--latency',
    `--script=${script}`,
    `http://127.0.0.1:${port}`,
  ])
  const { stdout } = await promisify(execFile)(file as string, args)
  return parseWrk(stdout)
}

/** Reads the report of wrk. Throws where it is no report. */
export function parseWrk(report: string): LoadResult {
  const number = (pattern: RegExp): number | undefined => {
    const match = pattern.exec(report)
    return match === null ? undefined : Number(match[1])
  }
  const time = (percentile: number): number => {
    const match = new RegExp(`^\\s+${percentile}%\\s+([\\d.]+)(us|ms|s|m)$`, 'm').exec(report)
    const toMs = { us: 0.001, ms: 1, s: 1000, m: 60_000 }
    return match === null ? Number.NaN : Number(match[1]) * toMs[match[2] as keyof typeof toMs]
  }
  const requests = number(/^\s+(\d+) requests in/m)
  const requestsPerSecond = number(/^Requests\/sec:\s+([\d.]+)/m)
  if (requests === undefined || requestsPerSecond === undefined) throw new Error(`not a report of wrk:\n${report}`)
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report)
  return {
    requests,
    requestsPerSecond,
    p50Ms: time(50),
    p99Ms: time(99),
    refused: number(/Non-2xx or 3xx responses: (\d+)/) ?? 0,
    socketErrors: errors === null ? 0 : errors.slice(1).reduce((sum, each) => sum + Number(each), 0),
  }
}
