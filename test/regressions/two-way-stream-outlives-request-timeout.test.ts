/**
 * A gRPC call that streams both ways was cut after `limits.request_timeout` (five minutes): its request body, which ends when the call
 * does, counted as late, although the answer had long begun. How long an answer may take is `upstream.stream_timeout`.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { openFrontDoor } from '../support/front-door.ts'
import { openHttp2 } from '../support/http2-call.ts'

test('a body that arrives while its answer is under way is not late', async t => {
  const late = Promise.withResolvers<void>()
  const door = await openFrontDoor({
    http2: { enabled: true, cleartext: true, maxStreams: 100, maxResets: 20 },
    limits: { requestTimeoutMs: 30 },
    longestWaitMs: 5_000,
    handle(_head, reply, body) {
      reply.start(200, ['content-type', 'application/grpc'])
      reply.write(Buffer.from('begun '))
      body
        ?.open()
        .on('data', (chunk: Buffer) => reply.write(chunk))
        .on('error', error => late.reject(error))
        .on('end', () => reply.end(['grpc-status', '0']))
    },
  })
  t.after(() => door.close())
  const client = await openHttp2(`http://127.0.0.1:${door.port}`)
  t.after(() => client.close())
  const stream = client.open({ method: 'POST' }, { endStream: false })
  stream.setEncoding('utf8')
  let received = ''
  stream.on('data', (chunk: string) => {
    received += chunk
  })
  await once(stream, 'response')
  // The schedule that the limit hangs on is the same: this comes after it.
  door.parts.schedule(60, () => late.resolve())
  const kept = setTimeout(() => late.reject(new Error('not in time')), 2_000)
  await late.promise
  clearTimeout(kept)
  stream.end('and done')
  await once(stream, 'end')
  assert.equal(received, 'begun and done')
})
