import { connect } from 'node:net'
import { generateRequest } from '../fuzz/generate-request.ts'
import { generateToken } from '../fuzz/generate-token.ts'
import { Random } from '../fuzz/random.ts'
import { send } from '../support/call.ts'
import { type Cleanup, makeFolder, startGatewayProcess } from '../support/command.ts'
import { startKeyServer } from '../support/key-server.ts'
import { startUpstream } from '../support/upstream.ts'
import { pidOf, residentMib, watchMemory } from './gateway-figures.ts'
import type { Verdict } from './verdict.ts'

export interface MalformedPlan {
  /** Requests, and tokens. */
  readonly count: number
  readonly seed: number
  /** Most memory at any time, in MiB; undefined does not judge it. */
  readonly mostMib: number | undefined
  /** Share by which memory may be more at the end than after the first tenth; undefined does not judge it. */
  readonly mostGrowth: number | undefined
}

const WIDTH = 32
const TOKENS_AT_ONCE = 40
/** After this time without a word a connection is given up: the request was not whole. */
const PATIENCE_MS = 100
/** What a field value cannot hold, and white space at its ends: such a token makes another request of it. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/
const AROUND = /^[\t ]+|[\t ]+$/g

/** F6: malformed requests and malformed tokens without end; it is the same process afterwards, and nothing was forwarded. */
export async function sendMalformed(cleanup: Cleanup, plan: MalformedPlan): Promise<Verdict> {
  const keys = await startKeyServer()
  cleanup.after(() => keys.close())
  const upstream = await startUpstream('ok', { keepBytes: false })
  cleanup.after(() => upstream.close())
  const folder = makeFolder(cleanup, {
    'microgateway.yml': `
logging: { access_log: off }
limits: { headers_timeout: 2s, max_body_bytes: 64KiB }
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${keys.issuer}", jwksuri: "${keys.jwksUri}", audience: orders } }
apis: [ { name: orders, upstream: "${upstream.origin}", policies: [ jwt: idp ] } ]
`,
  })
  const gateway = await startGatewayProcess(cleanup, { cwd: folder })
  const pid = pidOf(gateway)
  const valid = await keys.sign({ aud: 'orders', exp: Math.floor(Date.now() / 1000) + 100_000 })
  // With a valid token some of the requests would be none that must be refused.
  const tampered = `${valid.slice(0, -6)}AAAAAA`
  const complaints: string[] = []
  let good = 0
  const askWell = async (when: string): Promise<void> => {
    good += 1
    const status = await send(gateway.url, { token: valid }).then(
      answer => answer.status,
      (error: unknown) => String(error),
    )
    if (status !== 200) complaints.push(`${when} a good request came to ${status}`)
  }
  await askWell('at first')
  const memory = watchMemory(pid)
  const port = Number(new URL(gateway.url).port)
  const begun = performance.now()

  let early = 0
  let silent = 0
  const random = new Random(plan.seed)
  await inParallel(plan.count, async i => {
    if (i === Math.floor(plan.count / 10)) early = residentMib(pid)
    const { bytes } = generateRequest(random.restart(plan.seed, i), { token: tampered })
    if (!(await throwAt(port, bytes))) silent += 1
  })
  await askWell('behind the requests')
  const requestsMs = performance.now() - begun

  const passed = new Map<string, number>()
  await inParallel(Math.ceil(plan.count / TOKENS_AT_ONCE), async batch => {
    const tokens: string[] = []
    for (let i = 0; i < TOKENS_AT_ONCE; i++) {
      const token = generateToken(random.restart(plan.seed + 1, batch * TOKENS_AT_ONCE + i), valid)
      if (!UNSENDABLE.test(token) && token.replaceAll(AROUND, '') !== valid) tokens.push(token)
    }
    const statuses = await askWithTokens(port, tokens)
    for (const [i, status] of statuses.entries()) {
      if (status < 400) passed.set(tokens[i] ?? '', status)
    }
    if (statuses.length < tokens.length && complaints.length < 5) {
      complaints.push(`batch ${batch}: ${statuses.length} answers to ${tokens.length} tokens`)
    }
  })
  await askWell('behind the tokens')
  const seconds = (performance.now() - begun) / 1000
  memory.stop()

  const late = residentMib(pid)
  if (passed.size > 0) complaints.push(`passed: ${JSON.stringify([...passed].slice(0, 3))}`)
  const forwarded = upstream.requests.length - good
  if (forwarded !== 0) complaints.push(`${forwarded} requests were forwarded without a verdict`)
  if (pidOf(gateway) !== pid) complaints.push('it is another process')
  gateway.signal('SIGTERM')
  const code = await gateway.ended()
  if (code !== 0) complaints.push(`the exit code was ${code}`)
  const defects = gateway.stdout
    .split('\n')
    .filter(line => line.includes('internal.defect') || line.includes('"level":"error"'))
  if (defects.length > 0) complaints.push(`${defects.length} defects, such as ${defects[0]}`)
  if (/unhandled|uncaught/i.test(gateway.stderr)) complaints.push('something was not caught')
  if (plan.mostMib !== undefined && memory.peakMib > plan.mostMib) complaints.push(`${memory.peakMib} MiB at most`)
  if (plan.mostGrowth !== undefined && late > early * (1 + plan.mostGrowth)) {
    complaints.push(`memory went from ${early} to ${late} MiB`)
  }
  return {
    ok: complaints.length === 0,
    figures: {
      requests: plan.count,
      tokens: plan.count,
      seed: plan.seed,
      without_answer: silent,
      forwarded,
      defects: defects.length,
      seconds: Math.round(seconds),
      requests_a_second: Math.round(plan.count / (requestsMs / 1000)),
      rss_mib: `${early}->${late}`,
      peak_rss_mib: memory.peakMib,
    },
    complaints,
  }
}

async function inParallel(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const walk = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: WIDTH }, walk))
}

/** Throws bytes at the gateway; resolves with whether a word came back. */
function throwAt(port: number, bytes: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    let answered = false
    const patience = setTimeout(() => socket.destroy(), PATIENCE_MS)
    socket.on('error', () => undefined)
    socket.on('connect', () => socket.end(bytes, 'latin1'))
    socket.on('data', () => {
      answered = true
      socket.destroy()
    })
    socket.on('close', () => {
      clearTimeout(patience)
      resolve(answered)
    })
  })
}

const MARK = 'HTTP/1.1 '

/** Sends a request for each token over one connection, all at once; resolves with the statuses that came. */
function askWithTokens(port: number, tokens: readonly string[]): Promise<readonly number[]> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const statuses: number[] = []
    let text = ''
    const patience = setTimeout(() => socket.destroy(), 10_000)
    socket.on('error', () => undefined)
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      for (let at = text.indexOf(MARK); at >= 0 && at + MARK.length + 3 <= text.length; at = text.indexOf(MARK)) {
        statuses.push(Number(text.slice(at + MARK.length, at + MARK.length + 3)))
        text = text.slice(at + MARK.length + 3)
      }
      if (statuses.length === tokens.length) socket.destroy()
    })
    socket.on('close', () => {
      clearTimeout(patience)
      resolve(statuses)
    })
    const requests = tokens.map(token => `GET /orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    socket.write(requests.join(''), 'latin1')
  })
}
