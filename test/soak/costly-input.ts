import { setTimeout as pace } from 'node:timers/promises'
import { type Cleanup, makeFolder, startGatewayProcess } from '../support/command.ts'
import { type KeyServer, startKeyServer } from '../support/key-server.ts'
import { startUpstream } from '../support/upstream.ts'
import { listStatuses, openFlood } from './flood.ts'
import { askProbe, PROBE_OPTIONS } from './gateway-figures.ts'
import { round } from './latencies.ts'
import type { Verdict } from './verdict.ts'

export interface CostPlan {
  /** Requests of each kind, one after the other. */
  readonly rounds: number
  /** Most CPU time of one request, signature check included, and longest time that the event loop may be blocked; undefined judges neither. */
  readonly most: { readonly cpuMs: number; readonly blockedMs: number } | undefined
}

/** The answer to each request is there in this time, or there is none. */
const DEADLINE_MS = 10_000
const ITEMS = 1_000

/** F11: what one request costs at most, by kinds of requests that were made to cost much. */
export async function weighRequests(cleanup: Cleanup, { rounds, most }: CostPlan): Promise<Verdict> {
  const keys = await startKeyServer()
  cleanup.after(() => keys.close())
  const upstream = await startUpstream('ok', { keepBytes: false })
  cleanup.after(() => upstream.close())
  const folder = makeFolder(cleanup, {
    'microgateway.yml': `
trusted_proxies: [ 127.0.0.0/8 ]
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${keys.issuer}", jwksuri: "${keys.jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream.origin}", policies: [ jwt: idp ] }
  - { name: open, upstream: "${upstream.origin}", open: true }
  - { name: nested, upstream: "${upstream.origin}", policies: [ jwt: idp, require: '!claims.a.exists(x, claims.b.exists(y, x == y))' ] }
  - { name: inside, upstream: "${upstream.origin}", policies: [ jwt: idp, require: '!claims.a.exists(x, x in claims.b)' ] }
  - { name: looped, upstream: "${upstream.origin}", policies: [ jwt: idp, require: 'claims.a.all(x, x > 0)' ] }
`,
  })
  const gateway = await startGatewayProcess(cleanup, { cwd: folder, nodeOptions: PROBE_OPTIONS })
  const port = Number(new URL(gateway.url).port)
  const complaints: string[] = []
  const costs: { readonly name: string; readonly cpuMs: number; readonly blockedMs: number }[] = []
  for (const kind of listKinds(keys)) {
    const requests: string[] = []
    for (let i = 0; i < rounds; i++) requests.push(await kind.make(i))
    // Once without counting: the first of a kind pay for the compiler.
    for (const counted of [false, true]) {
      const flood = openFlood(port, 1)
      const before = await askProbe(folder)
      let answered = 0
      for (const request of requests) {
        flood.send(request)
        answered += 1
        const deadline = performance.now() + DEADLINE_MS
        while (flood.total() < answered && performance.now() < deadline) await pace(0)
        if (flood.total() < answered) {
          complaints.push(`${kind.name}: no answer (${listStatuses(flood.answers)})`)
          break
        }
      }
      flood.close()
      const after = await askProbe(folder)
      const cpuMs = round((after.cpuMs - before.cpuMs) / rounds)
      if (counted) costs.push({ name: kind.name, cpuMs, blockedMs: round(after.blockedMs) })
      if (counted)
        console.error(
          `  ${kind.name}: ${cpuMs} ms CPU, ${round(after.blockedMs)} ms blocked, ${listStatuses(flood.answers)}`,
        )
    }
  }
  const dearest = costs.reduce((a, b) => (a.cpuMs >= b.cpuMs ? a : b))
  const longest = costs.reduce((a, b) => (a.blockedMs >= b.blockedMs ? a : b))
  for (const { name, cpuMs, blockedMs } of costs) {
    if (most === undefined) break
    if (cpuMs > most.cpuMs) complaints.push(`${name}: ${cpuMs} ms of CPU time`)
    if (blockedMs > most.blockedMs) complaints.push(`${name}: the event loop was blocked for ${blockedMs} ms`)
  }
  return {
    ok: complaints.length === 0,
    figures: {
      kinds: costs.length,
      rounds,
      most_cpu_ms: dearest.cpuMs,
      dearest: dearest.name.replaceAll(' ', '_'),
      most_blocked_ms: longest.blockedMs,
      longest: longest.name.replaceAll(' ', '_'),
    },
    complaints,
  }
}

interface Kind {
  readonly name: string
  /** Makes the request with this number; no two are the same. */
  make(i: number): string | Promise<string>
}

const encode = (text: string): string => Buffer.from(text).toString('base64url')

function listKinds(keys: KeyServer): readonly Kind[] {
  const exp = Math.floor(Date.now() / 1000) + 7200
  const kid = keys.keys[0]?.kid ?? ''
  const ask = (path: string, lines: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines}\r\n`
  const withToken = (path: string, token: string): string => ask(path, `Authorization: Bearer ${token}\r\n`)
  /** Signed by the issuer: the caller chose what is in its claims. */
  const signed = (name: string, claims: (i: number) => Readonly<Record<string, unknown>>, path = '/orders'): Kind => ({
    name,
    make: async i => withToken(path, await keys.sign({ exp, jti: `${name}-${i}`, ...claims(i) })),
  })
  /** Signed by nobody, right up to there. */
  const forged = (name: string, claims: (i: number) => string, header = `{"alg":"ES256","kid":"${kid}"}`): Kind => ({
    name,
    make: i => withToken('/orders', `${encode(header)}.${encode(claims(i))}.${'A'.repeat(86)}`),
  })
  const filled = (piece: string, bytes: number): string => piece.repeat(Math.floor(bytes / piece.length))
  const numbers = Array.from({ length: ITEMS }, (_, i) => i + 1)
  const members = (count: number): string => Array.from({ length: count }, (_, i) => `"m${i}":${i}`).join(',')
  return [
    { name: 'nothing special', make: i => ask(`/open/${i}`, '') },
    signed('a plain token', () => ({})),
    signed('1,000 numbers', () => ({ a: numbers })),
    signed('1,000 audiences', () => ({ aud: numbers.map(String) })),
    signed('2,500 scopes', () => ({ scope: filled('a ', 5_000).trim() })),
    signed('a text of 5,500 characters', () => ({ a: 'x'.repeat(5_500) })),
    signed(
      'two lists of 600 in nested loops',
      () => ({ a: numbers.slice(0, 600), b: numbers.slice(0, 600).map(n => -n) }),
      '/nested',
    ),
    signed(
      'two lists of 600, one inside the other',
      () => ({ a: numbers.slice(0, 600), b: numbers.slice(0, 600).map(n => -n) }),
      '/inside',
    ),
    signed('1,000 numbers in one loop', () => ({ a: numbers }), '/looped'),
    forged('nested objects', i => `{"i":${i},"a":${filled('{"a":', 4_000)}1${filled('}', 800)}}`),
    forged('nested lists', i => `{"i":${i},"a":${'['.repeat(2_500)}${']'.repeat(2_500)}}`),
    forged('600 members', i => `{"i":${i},"iss":"${keys.issuer}","exp":${exp},${members(600)}}`),
    forged('a member 600 times', i => `{"i":${i},${filled('"a":1,', 3_600)}"a":1}`),
    forged('a number of 5,000 digits', i => `{"i":${i},"iss":"${keys.issuer}","exp":${'9'.repeat(5_000)}}`),
    forged('800 escapes', i => `{"i":${i},"a":"${filled('\\u0061', 4_800)}"}`),
    forged('white space', i => `{"i":${i}${' '.repeat(5_500)}}`),
    forged('a header of 5,500 bytes', i => `{"i":${i}}`, `{"alg":"ES256","x":"${'x'.repeat(5_500)}"}`),
    { name: 'a token of dots', make: i => withToken('/orders', `${i}${'.'.repeat(8_000)}`) },
    { name: 'a token that is too long', make: i => withToken('/orders', `a.${i}.${'A'.repeat(12_000)}`) },
    {
      name: 'a signature of 7,000 characters',
      make: i => withToken('/orders', `${encode('{"alg":"ES256"}')}.${encode(`{"i":${i}}`)}.${'A'.repeat(7_000)}`),
    },
    { name: 'a target of escapes', make: i => ask(`/open/${i}${filled('%41', 3_900)}`, '') },
    { name: 'a target of segments', make: i => ask(`/open/${i}${filled('/a', 3_900)}`, '') },
    { name: 'a target of dot segments', make: i => ask(`/open/${i}${filled('/a/..', 3_900)}`, '') },
    { name: 'a query of 3,900 bytes', make: i => ask(`/open?i=${i}${filled('&a=b', 3_900)}`, '') },
    { name: '90 fields', make: i => ask(`/open/${i}`, filled('X-A: b\r\n', 720)) },
    { name: 'Connection with 5,000 options', make: i => ask(`/open/${i}`, `Connection: ${filled('a,', 10_000)}a\r\n`) },
    {
      name: 'X-Forwarded-For of 10,000 bytes',
      make: i => ask(`/open/${i}`, `X-Forwarded-For: ${filled('127.0.0.1,', 10_000)}127.0.0.1\r\n`),
    },
    {
      name: 'Forwarded of 10,000 bytes',
      make: i => ask(`/open/${i}`, `Forwarded: ${filled('for=127.0.0.1,', 10_000)}for=127.0.0.1\r\n`),
    },
    { name: 'Forwarded of quotes', make: i => ask(`/open/${i}`, `Forwarded: for="${filled('\\"', 10_000)}"\r\n`) },
    {
      name: 'Authorization of commas',
      make: i => ask('/orders', `Authorization: Digest ${i}${filled('a="b",', 10_000)}\r\n`),
    },
    { name: 'cookies', make: i => ask(`/open/${i}`, `Cookie: ${filled('a=b; ', 10_000)}\r\n`) },
    {
      name: '5,000 chunks of a byte',
      make: i =>
        `POST /open/${i} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(5_000)}0\r\n\r\n`,
    },
  ]
}
