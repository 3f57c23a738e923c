import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { keepSessionHalf, nativeHalfOf } from '../../../src/upstream/native-handles.ts'
import { FRAME, frame, startRawHttp2Upstream, uint32 } from '../../support/raw-http2-upstream.ts'
import { until } from '../../support/upstream.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Turns of the event loop with a collection each: more than it takes to collect a session that nobody holds. */
const TURNS = 10

test('the native half of a session lives as long as that of a stream it is kept for, and no longer', async () => {
  const held = await breakTwo()
  for (let turn = 0; turn < TURNS; turn++) await collect()
  assert.deepEqual([held.kept.deref() === undefined, held.free.deref() === undefined], [false, true])
  held.streams.length = 0
  await until(() => {
    collectGarbage()
    return held.kept.deref() === undefined
  }, 'the session to be collected')
})

async function collect(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  collectGarbage()
}

/** Ends two sessions amid a stream each; the halves of the streams are held, that of one session is kept. */
async function breakTwo() {
  const upstream = await startRawHttp2Upstream((socket, stream) => socket.write(frame(FRAME.rst, 0, stream, uint32(2))))
  const [kept, free] = [await resetOne(upstream.origin), await resetOne(upstream.origin)]
  keepSessionHalf(kept.session, kept.stream)
  await upstream.close()
  return { streams: [kept.stream, free.stream], kept: new WeakRef(kept.session), free: new WeakRef(free.session) }
}

async function resetOne(origin: string) {
  const session = connect(origin)
  session.on('error', () => undefined)
  await once(session, 'remoteSettings')
  const request = session.request({ ':path': '/' })
  const halves = { session: nativeHalfOf(session), stream: nativeHalfOf(request) }
  assert.ok(halves.session !== undefined && halves.stream !== undefined, 'Node.js names its halves as before')
  request.on('error', () => undefined).resume()
  await new Promise(resolve => request.on('close', resolve))
  session.destroy()
  return { session: halves.session, stream: halves.stream }
}
