/** Server-sent events pass as they come, one by one, for as long as the upstream sends them. */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { open } from '../support/call.ts'
import { openScene, type Places } from '../support/scene.ts'
import { startUpstream, until } from '../support/upstream.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
`

test('each event arrives when it is sent, before the next one is', async t => {
  let stream: ServerResponse | undefined
  const upstream = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.flushHeaders()
    stream = response
  })
  const scene = await openScene(t, { settings, upstream })
  const incoming = await open(scene.gateway.url, { token: await scene.keys.sign() })
  assert.equal(incoming.headers['content-type'], 'text/event-stream')
  assert.equal(incoming.headers['content-length'], undefined)
  let text = ''
  incoming.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  for (const word of ['one', 'two', 'three']) {
    stream?.write(`data: ${word}\n\n`)
    await until(() => text.endsWith(`data: ${word}\n\n`), word)
  }
  stream?.end()
  await until(() => incoming.complete, 'the end')
  const record = await scene.gateway.recordOf(String(incoming.headers['x-request-id']))
  assert.equal(record['http.response.body.bytes'], text.length)
})

test('a stream without a token is 401, and nobody starts to send', async t => {
  const scene = await openScene(t, { settings, upstream: 'sse' })
  await scene.refuse(
    { lines: ['Accept', 'text/event-stream'] },
    { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] },
  )
})
