/**
 * A connection that had just begun to speak HTTP/2 when the gateway was told to stop held the end up for `limits.idle_timeout`: the
 * settings of the caller, which came after GOAWAY was planned, planned the ordinary farewell of an idle connection in its place.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFrontDoor } from '../support/front-door.ts'
import { openH2Wire, PREFACE, settings, TYPE } from '../support/h2-frames.ts'
import { until } from '../support/upstream.ts'

const HTTP2 = { enabled: true, cleartext: true, maxStreams: 100, maxResets: 20 }

test('a connection whose first bytes come while the gateway stops is closed after a moment', async t => {
  for (const early of [[], [PREFACE]]) {
    const door = await openFrontDoor({
      http2: HTTP2,
      limits: { idleTimeoutMs: 60_000, headersTimeoutMs: 60_000 },
      longestWaitMs: 60_000,
    })
    t.after(() => door.close())
    const wire = await openH2Wire({ port: door.port, begin: early })
    await until(() => door.listener.connections() === 1)
    if (early.length > 0) await wire.frame('settings', one => one.type === TYPE.settings)
    const drained = door.listener.drain()
    wire.send(...(early.length > 0 ? [settings()] : [PREFACE, settings()]))
    await wire.frame('GOAWAY', one => one.type === TYPE.goaway)
    await wire.closed()
    await drained
    assert.deepEqual(door.defects, [])
  }
})
