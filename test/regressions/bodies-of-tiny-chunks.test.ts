/**
 * A body of 5,000 chunks of one byte, 30 KB on the wire, cost 30 ms of CPU time and blocked the event loop for 80 ms: each chunk went
 * through two streams and two writes of its own. What comes in one packet goes on together.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRawSocket } from '../support/raw-socket.ts'
import { openScene } from '../support/scene.ts'

const CHUNKS = 5_000

test('tiny chunks that come together go upstream together, whole and in order', async t => {
  const scene = await openScene(t, {
    settings: ({ upstream }) => `
apis: [ { name: orders, upstream: "${upstream}", open: true } ]
`,
  })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  const letters = Array.from({ length: CHUNKS }, (_, i) => String.fromCharCode(97 + (i % 26)))
  const body = letters.map(letter => `1\r\n${letter}\r\n`).join('')
  socket.send(`POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`)
  await socket.until(/ok$/)
  socket.destroy()
  assert.equal(scene.upstream.requests[0]?.body.toString(), letters.join(''))
  const chunks = scene.upstream.raw().match(/^[0-9a-f]+\r$/gm)?.length ?? 0
  assert.ok(chunks < CHUNKS / 10, `${chunks} chunks`)
})

test('a chunk that comes alone does not wait for another', async t => {
  const scene = await openScene(t, {
    upstream: 'mirror',
    settings: ({ upstream }) => `
apis: [ { name: orders, upstream: "${upstream}", open: true } ]
`,
  })
  const socket = await openRawSocket({ port: Number(new URL(scene.gateway.url).port) })
  socket.send('POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n')
  await socket.until(/one\r\n$/)
  socket.send('3\r\ntwo\r\n0\r\n\r\n')
  await socket.until(/two\r\n0\r\n\r\n$/)
  socket.destroy()
})
