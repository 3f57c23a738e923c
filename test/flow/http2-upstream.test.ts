/** HTTP/2 towards an upstream: whatever version the caller speaks, what passes is the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCertificate } from '../support/certificate.ts'
import { openHttp2 } from '../support/http2-call.ts'
import { http2Settings } from '../support/http2-settings.ts'
import { startHttp2Upstream } from '../support/http2-upstream.ts'
import { fieldsOf, openScene, type Places } from '../support/scene.ts'
import { startUpstream, until } from '../support/upstream.ts'

const settings = (places: Places): string =>
  http2Settings(places).replace(
    `upstream: "${places.upstream}"`,
    `upstream: { targets: [ "${places.upstream}" ], protocol: http2, response_timeout: 500ms, connect_timeout: 400ms }`,
  )

const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
const files = { 'tls.crt': cert, 'tls.key': key }

test('a call goes to an HTTP/2 upstream over one connection, from HTTP/1.1 and HTTP/2 callers alike', async t => {
  const upstream = await startHttp2Upstream(stream => {
    stream.respond({ ':status': 200, 'x-from': 'upstream' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }))
    stream.end('ok')
  })
  const scene = await openScene(t, { settings, files, upstream })
  const token = await scene.keys.sign()
  const old = await scene.pass({ token, method: 'POST', body: 'the body', lines: ['X-Own', 'v'] })
  assert.equal(old.answer.body, 'ok')
  assert.equal(old.answer.field('x-from'), 'upstream')
  assert.equal(old.answer.field('x-sum'), undefined)
  assert.equal(old.seen.body.toString(), 'the body')
  assert.equal(fieldsOf(old.seen)['x-own'], 'v')
  assert.match(fieldsOf(old.seen)['via'] ?? '', /^1\.1 /)

  const client = await openHttp2(scene.gateway.httpsUrl, cert)
  t.after(() => client.close())
  const answer = await client.send({ token })
  assert.deepEqual([answer.status, answer.body, answer.trailers['x-sum']], [200, 'ok', '42'])
  assert.equal(answer.field('x-sum'), undefined)
  assert.match(fieldsOf(upstream.requests[1] as (typeof upstream.requests)[0])['via'] ?? '', /^2\.0 /)
  assert.equal(upstream.connections(), 1)
})

test('an HTTP/2 upstream sees nothing of a refused call', async t => {
  const upstream = await startHttp2Upstream(stream => stream.respond({ ':status': 200 }, { endStream: true }))
  const scene = await openScene(t, { settings, files, upstream })
  await scene.refuse({}, { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] })
  await scene.refuse({ token: 'no.good.token' }, { code: 'token.malformed', challenge: 'invalid_token' })
})

test('an upgrade is not asked of an HTTP/2 upstream', async t => {
  const upstream = await startHttp2Upstream(stream => stream.respond({ ':status': 426 }, { endStream: true }))
  const scene = await openScene(t, { settings, files, upstream })
  const lines = ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Version', '13']
  lines.push('Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA==')
  const answer = await scene.call({ token: await scene.keys.sign(), lines })
  assert.equal(answer.status, 426)
  assert.equal(fieldsOf(upstream.requests[0] as (typeof upstream.requests)[0])['upgrade'], undefined)
})

test('an HTTP/1.1 service behind protocol: http2 is 502 upstream.protocol, and sees no request', async t => {
  const upstream = await startUpstream('ok')
  const scene = await openScene(t, { settings, files, upstream })
  const answer = await scene.call({ token: await scene.keys.sign(), method: 'POST', body: 'once' })
  assert.equal(answer.status, 502)
  assert.equal(answer.json()['code'], 'upstream.protocol')
  assert.doesNotMatch(upstream.raw(), /orders|once/)
})

test('an HTTP/2 upstream that dies amid its answers cuts them, and its successor is used', async t => {
  let isDying = true
  const upstream = await startHttp2Upstream(stream => {
    stream.respond({ ':status': 200 })
    if (isDying) stream.write('part')
    else stream.end('whole')
  })
  const scene = await openScene(t, { settings, files, upstream })
  const token = await scene.keys.sign()
  const calls = [1, 2, 3].map(() => scene.call({ token }))
  await until(() => upstream.requests.length === 3, 'the requests')
  upstream.resetAll()
  const results = await Promise.allSettled(calls)
  for (const result of results) {
    assert.ok(result.status === 'rejected' || result.value.status === 502, 'no answer looks whole')
  }
  isDying = false
  assert.equal((await scene.call({ token })).body, 'whole')
  assert.equal(upstream.connections(), 2)
})
