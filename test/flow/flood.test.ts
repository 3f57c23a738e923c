/**
 * F6 in small: some thousand broken requests and tokens at a gateway in a process of its own. Afterwards it is the same process,
 * nothing was forwarded without a verdict, nothing was left behind, and a good request works as before.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { send } from '../support/call.ts'
import { type GatewayProcess, makeFolder, startGatewayProcess } from '../support/command.ts'
import { breakRequest, breakToken, createRandom } from '../support/hostile-bytes.ts'
import { startKeyServer } from '../support/key-server.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'
import { startUpstream } from '../support/upstream.ts'

const SEED = 20_260_101
const MEBIBYTE = 1_048_576

test('a flood of broken requests and tokens leaves the gateway as it was', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const keys = await startKeyServer({ algorithms: ['ES256'] })
  t.after(() => keys.close())
  const folder = makeFolder(t, {
    'microgateway.yml': `
limits: { headers_timeout: 2s, max_body_bytes: 64KiB }
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${keys.issuer}", jwksuri: "${keys.jwksUri}", audience: orders } }
apis:
  - { name: orders, upstream: "${upstream.origin}", policies: [ jwt: idp ] }
`,
  })
  const gateway = await startGatewayProcess(t, { cwd: folder })
  const token = await keys.sign({ aud: 'orders' })
  let good = 0
  const callWell = async (): Promise<void> => {
    good += 1
    assert.equal((await send(gateway.url, { token })).status, 200)
  }
  await callWell()
  const before = await measure(gateway, folder)

  await t.test('5,000 tokens, each broken otherwise, pipelined: all are 400 or 401', async () => {
    await inParallel(8, 100, async i => {
      const random = createRandom(SEED + i)
      const tokens = Array.from({ length: 50 }, () => breakToken(token, random))
      const statuses = await pipeline(gateway.url, tokens)
      assert.equal(statuses.length, tokens.length)
      for (const [at, status] of statuses.entries())
        assert.ok(status === 401 || status === 400, `${status} for ${tokens[at]}`)
    })
    await callWell()
  })

  await t.test('4,000 requests, each broken otherwise, on connections of their own: none is a pass', async () => {
    const requests = [
      'GET /orders/v1?a=b HTTP/1.1\r\nHost: api\r\nX-A: b\r\nAccept: */*\r\n\r\n',
      'POST /orders HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello',
      'PUT /orders/x HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      `GET /orders HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token.slice(0, -1)}\r\n\r\n`,
      'GET /orders HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
      'GET /rest/pub/apigateway/jwt/getJsonWebToken?app_id=x HTTP/1.1\r\nHost: api\r\nAuthorization: Basic YTpi\r\n\r\n',
    ]
    await inParallel(25, 4_000, async i => {
      const random = createRandom(SEED - i)
      const bytes = breakRequest(requests[i % requests.length] ?? '', random)
      const received = await throwAt(gateway.url, bytes, random() < 0.1)
      assert.ok(!/^HTTP\/1\.1 (?:2(?!00)|3)/.test(received), `${received} for ${JSON.stringify(bytes)}`)
    })
    await callWell()
  })

  await t.test('500 strange calls of an ordinary client', async () => {
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']
    await inParallel(10, 500, async i => {
      const random = createRandom(SEED + 10_000 + i)
      const path = `/orders/${encodeURIComponent(breakRequest('/a/../b?c=d&e', random))}`
      const method = methods[i % methods.length] ?? 'GET'
      const answer = await fetch(gateway.url + path, {
        method,
        headers: { authorization: `Bearer ${encodeURI(breakToken(token, random))}`, 'x-request-id': '"\\' },
        ...(method.startsWith('P') && { body: breakRequest('body', random) }),
      }).catch(() => undefined)
      await answer?.arrayBuffer()
      assert.ok(answer === undefined || answer.status >= 400, String(answer?.status))
    })
    await callWell()
  })

  await t.test('afterwards it is the same process, with no more memory than a flood may take', async () => {
    await callWell()
    assert.equal(upstream.requests.length, good, 'nothing but the good requests reached the upstream')
    assert.ok(keys.requests <= 3, `${keys.requests} fetches of the keys`)
    const after = await measure(gateway, folder)
    assert.equal(after.startedAt, before.startedAt)
    assert.ok(after.memory < 256 * MEBIBYTE, `${after.memory} bytes`)
    assert.ok(after.memory < before.memory + 128 * MEBIBYTE, `${before.memory} to ${after.memory} bytes`)
  })

  await t.test('and it said nothing of a defect, line by line, and ends in peace', async () => {
    gateway.signal('SIGTERM')
    assert.equal(await gateway.ended(), 0)
    const lines = gateway.stdout.trimEnd().split('\n')
    assert.ok(lines.length > 9_000, `${lines.length} lines`)
    const records = lines.map(line => JSON.parse(line) as Record<string, unknown>)
    const defects = records.filter(record => record['level'] === 'error' || record['error.type'] === 'internal.defect')
    assert.deepEqual(defects, [])
    assert.doesNotMatch(gateway.stderr, /unhandled|uncaught|at .*\.ts:\d/i)
  })
})

/** Sends one request for each token over one connection, all at once, and resolves with the answers' status codes. */
async function pipeline(url: string, tokens: readonly string[]): Promise<readonly number[]> {
  const socket = await openRawSocket({ port: Number(new URL(url).port), deadlineMs: 10_000 })
  socket.send(
    tokens.map(token => `GET /orders HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\n\r\n`).join(''),
  )
  // Parsed once it may be complete: doing so for each packet would take longer than the gateway does.
  const marks = (text: string): number => text.split('"code":"').length - 1
  const answers = parseAnswers(await socket.until(text => text.endsWith('}') && marks(text) === tokens.length))
  socket.destroy()
  return answers.map(({ status }) => status)
}

/** Throws bytes at a listener and resolves with what came back, or with what there is after a moment. */
function throwAt(url: string, bytes: string, breaksOff: boolean): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1').on('data', chunk => {
    received += chunk
  })
  socket.on('error', () => undefined)
  const moment = setTimeout(() => socket.destroy(), 250)
  socket.on('connect', () => {
    socket.end(bytes, 'latin1', () => {
      if (breaksOff) socket.resetAndDestroy()
    })
  })
  return once(socket, 'close').then(() => {
    clearTimeout(moment)
    return received
  })
}

async function inParallel(width: number, count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const walk = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: width }, walk))
}

interface Measurement {
  readonly memory: number
  readonly startedAt: number
}

async function measure(gateway: GatewayProcess, folder: string): Promise<Measurement> {
  const token = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
  const { body } = await send(gateway.adminUrl, { path: '/metrics', token })
  const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1])
  return { memory: read('process_resident_memory_bytes'), startedAt: read('process_start_time_seconds') }
}
