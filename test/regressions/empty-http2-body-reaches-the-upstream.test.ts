/**
 * A POST over HTTP/2 whose body was nothing but an empty DATA frame, as `curl -d ''` and many gRPC clients send it, was never forwarded:
 * its stream had ended before the upstream's connection stood, nobody was left to hear of the end, and the call hung until it timed out.
 * Found by generated frames (`npm run fuzz -- frames`).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from '../support/gateway.ts'
import { data, FLAG, headers, hpack, openH2Wire } from '../support/h2-frames.ts'
import { startUpstream } from '../support/upstream.ts'

test('a body of empty DATA frames reaches the upstream as an empty body', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const { url } = await openGateway(t, {
    settings: `
http2: { cleartext: true }
apis:
  - { name: free, upstream: "${upstream.origin}", open: true }
`,
  })
  const block = hpack([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', 'api'],
    [':path', '/free/x'],
  ])
  for (const pieces of [[''], ['', ''], ['', 'a', '']]) {
    const wire = await openH2Wire({ port: Number(new URL(url).port) })
    t.after(() => wire.destroy())
    wire.send(headers(1, block, FLAG.endHeaders), ...pieces.map((piece, i) => data(1, piece, i === pieces.length - 1)))
    assert.equal(await wire.status(1), 200)
    const seen = upstream.requests.at(-1)
    assert.equal(seen?.ended, true)
    assert.equal(seen.body.toString(), pieces.join(''))
  }
  assert.equal(upstream.requests.length, 3)
})
