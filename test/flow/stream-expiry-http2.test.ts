/** Product.md 3 over HTTP/2: one stream ends with its token, with a reason where gRPC has a place for it; its connection goes on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import type { ErrorCode } from '../../src/errors/catalogue.ts'
import { createTestClock } from '../support/clock.ts'
import { openHttp2, readAnswer } from '../support/http2-call.ts'
import { openScene, type Places } from '../support/scene.ts'
import { startUpstream, until } from '../support/upstream.ts'

const write = ({ upstream, jwksUri, issuer }: Places, apps: string): string => `
ports: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
http2: { cleartext: true }
security_settings:
  auth_servers: [ { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } } ]
applications: [ ${apps} ]
apis:
  - { name: events, upstream: "${upstream}", policies: [ jwt: idp ] }
  - { name: short, upstream: { targets: [ "${upstream}" ], stream_timeout: 2m }, policies: [ jwt: idp ] }
  - { name: keyed, upstream: "${upstream}", policies: [ identify_and_authorize: { rules: [ { api_key: {} } ] } ] }
`
const APP = '{ id: app, name: app, apis: [ keyed ], identifiers: { api_keys: [ the-key ] } }'

test('streams of one connection end one by one, each as its protocol says', async t => {
  const clock = createTestClock(Date.now())
  const answers = new Map<string, ServerResponse>()
  const upstream = await startUpstream((request, response) => {
    request.resume()
    const path = request.url ?? ''
    answers.set(path, response)
    const type = path.endsWith('/grpc') ? 'application/grpc' : 'text/event-stream'
    response.writeHead(200, { 'content-type': type }).flushHeaders()
    response.write('first')
  })
  let places: Places | undefined
  const settings = (at: Places): string => {
    places = at
    return write(at, APP)
  }
  const scene = await openScene(t, { settings, upstream, clock })
  await scene.gateway.gateway.keysSettled(5_000)
  const client = await openHttp2(scene.gateway.url)
  t.after(() => client.close())
  const now = clock.seconds()
  const [ending, later] = await Promise.all([60, 3_600].map(age => scene.keys.sign({ exp: now + age }, { now })))
  assert.ok(ending !== undefined && later !== undefined)

  const begin = async (path: string, call: { readonly token?: string; readonly apiKey?: string }) => {
    const stream = client.open({ path, ...call })
    const answer = readAnswer(stream)
    answer.catch(() => {})
    await once(stream, 'data')
    return { stream, answer, path }
  }
  const events = await begin('/events/sse', { token: ending })
  const expired = await begin('/events/grpc', { token: ending })
  const lasting = await begin('/events/lasting', { token: later })
  const timed = await begin('/short/grpc', { token: later })
  const revoked = await begin('/keyed/grpc', { apiKey: 'the-key' })

  const judgeEnd = async (path: string, code: ErrorCode): Promise<void> => {
    await until(() => answers.get(path)?.destroyed === true, `the end of ${path} at the upstream`)
    const isRecorded = (): boolean =>
      scene.gateway.log.some(line => line['url.path'] === path && line['error.type'] === code)
    await until(isRecorded, `${code} in the record of ${path}`)
  }
  clock.advance(90_000)
  await assert.rejects(events.answer, { code: 'ERR_HTTP2_STREAM_ERROR' })
  assert.deepEqual((await expired.answer).trailers, { 'grpc-status': '16', 'grpc-message': 'stream.expired' })
  for (const { path } of [events, expired]) await judgeEnd(path, 'stream.expired')

  assert.ok(places !== undefined)
  const status = await scene.gateway.reload(write(places, APP.replace('{ id', '{ suspended: true, id')))
  assert.equal(status.result, 'applied', JSON.stringify(status.problems))
  assert.deepEqual((await revoked.answer).trailers, { 'grpc-status': '7', 'grpc-message': 'stream.revoked' })
  await judgeEnd(revoked.path, 'stream.revoked')

  clock.advance(60_000)
  assert.deepEqual((await timed.answer).trailers, { 'grpc-status': '14', 'grpc-message': 'stream.timeout' })
  await judgeEnd(timed.path, 'stream.timeout')

  answers.get(lasting.path)?.end(' and last')
  assert.equal((await lasting.answer).body, 'first and last')
})
