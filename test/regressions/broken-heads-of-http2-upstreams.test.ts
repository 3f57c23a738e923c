/**
 * An HTTP/2 upstream that sent too many fields, or continuation frames without end, ended the process a little later: Node.js aborts
 * where the garbage collector takes a session apart before the stream that holds half a head (`src/upstream/native-handles.ts`). A
 * collection that is asked for meets them in the harmless order, so the rounds here wait for those that come by themselves: without
 * `keepSessionHalf` the process ends within a few of them. An upstream that broke its session was also remembered until its timeouts ran out.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createUpstreamPool } from '../../src/upstream/pool.ts'
import { FLAG, FRAME, fieldBlock, frame, startRawHttp2Upstream } from '../support/raw-http2-upstream.ts'
import { samplePool } from '../support/sample-pool.ts'
import { until } from '../support/upstream.ts'

const ROUNDS = 60
const TOO_MANY = fieldBlock(':status', '200', ...Array.from({ length: 600 }, (_, i) => [`x-${i}`, 'v']).flat())
const CONTINUATIONS = Array.from({ length: 1000 }, () => fieldBlock('x-a', '1'))

const HEADS: readonly (readonly [string, (stream: number) => Buffer])[] = [
  ['too many fields', stream => frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, TOO_MANY)],
  [
    'continuation frames without end',
    stream =>
      Buffer.concat([
        frame(FRAME.headers, 0, stream, fieldBlock(':status', '200')),
        ...CONTINUATIONS.map(block => frame(FRAME.continuation, 0, stream, block)),
      ]),
  ],
]

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

for (const [name, makeHead] of HEADS) {
  test(`the process outlives an HTTP/2 upstream that sends ${name}`, async t => {
    const upstream = await startRawHttp2Upstream((socket, stream) => socket.write(makeHead(stream)))
    t.after(() => upstream.close())
    for (let round = 0; round < ROUNDS; round++) await callOnce(upstream.origin)
    assert.equal(upstream.streams.flat().length, ROUNDS)
  })

  test(`a pool forgets an HTTP/2 upstream that sends ${name}`, async t => {
    const upstream = await startRawHttp2Upstream((socket, stream) => socket.write(makeHead(stream)))
    t.after(() => upstream.close())
    const seen = await callOnce(upstream.origin)
    await until(() => {
      collectGarbage()
      return seen.deref() === undefined
    }, 'the call to be collected')
  })
}

/** Makes a call that fails, and returns what tells whether it is still remembered. */
async function callOnce(origin: string): Promise<WeakRef<object>> {
  const pool = createUpstreamPool(samplePool({ origin, protocol: 'http2', responseTimeoutMs: 60_000 }))
  const seen = await new Promise<WeakRef<object>>(resolve => {
    const handler = { connection: undefined, onResponseError: () => resolve(new WeakRef(handler)) }
    pool.dispatch({ method: 'GET', path: '/', headers: [] }, handler)
  })
  await pool.destroy()
  return seen
}
