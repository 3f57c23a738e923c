import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createListenerOpener } from '../../../src/gateway/open-listener.ts'
import type { Listener, ListenerKind } from '../../../src/server/listener.ts'
import { compileFixedRoute } from '../../../src/snapshot/compile-built-in.ts'
import { createSnapshotHolder, type SnapshotHolder } from '../../../src/snapshot/holder.ts'
import type { PathRoutes, Snapshot } from '../../../src/snapshot/snapshot.ts'
import { send } from '../../support/call.ts'
import { createCompileBench } from '../../support/compile-parts.ts'
import { LIMITS } from '../../support/front-door.ts'
import { createIdleStreams } from '../../support/idle-streams.ts'
import { makeSnapshot } from '../../support/make-snapshot.ts'
import { openRawSocket } from '../../support/raw-socket.ts'
import { createSystemClock } from '../../support/system-clock.ts'

interface Bench {
  readonly holder: SnapshotHolder
  readonly records: unknown[]
  snapshot(text: string): Snapshot
  open(kind: ListenerKind, inForce: Promise<void>): Promise<Listener>
}

function createBench(t: TestContext): Bench {
  const { parts } = createCompileBench(createSystemClock())
  const pathsSaying = (path: string, text: string): PathRoutes => {
    const target = {
      handle(_exchange: unknown, reply: { send(status: number, fields: string[], body: string): void }) {
        reply.send(200, [], text)
        return { kind: 'replied', status: 200 } as const
      },
    }
    return new Map([[path, new Map([['GET', compileFixedRoute('GET', path, target, parts.counters)]])]])
  }
  const snapshot = (text: string): Snapshot => makeSnapshot({ builtIn: pathsSaying('/api', text) })
  const holder = createSnapshotHolder(snapshot('first'), cause => assert.fail(String(cause)))
  const records: unknown[] = []
  const opener = createListenerOpener({
    ...parts,
    holder,
    streams: createIdleStreams(),
    accessLog: () => ({ enabled: true, write: record => void records.push(record.status) }),
    adminPaths: () => pathsSaying('/admin', 'admin'),
  })
  return {
    holder,
    records,
    snapshot,
    async open(kind, inForce) {
      const address = { host: '127.0.0.1', port: 0 }
      const listener = await opener({ kind, address, limits: LIMITS, tls: undefined }, inForce)
      t.after(() => listener.close())
      return listener
    },
  }
}

test('the admin listener has the admin pages and no API; the others have no admin page', async t => {
  const bench = createBench(t)
  const [http, admin] = await Promise.all([
    bench.open('http', Promise.resolve()),
    bench.open('admin', Promise.resolve()),
  ])
  const statuses = async ({ url }: Listener) => [
    (await send(url, { path: '/api' })).status,
    (await send(url, { path: '/admin' })).status,
  ]
  assert.deepEqual(await statuses(http), [200, 404])
  assert.deepEqual(await statuses(admin), [404, 200])
})

test('a request that comes before the listener is in force is judged by what is in force then', async t => {
  const bench = createBench(t)
  const { promise, resolve } = Promise.withResolvers<void>()
  const { url } = await bench.open('http', promise)
  const early = send(url, { path: '/api' })
  // Another caller's round trip through the same event loop: the request has certainly arrived.
  await send((await bench.open('http', Promise.resolve())).url, { path: '/api' })
  bench.holder.swap(bench.snapshot('second'))
  resolve()
  assert.equal((await early).body, 'second')
  assert.equal((await send(url, { path: '/api' })).body, 'second')
})

test('bytes that are no request are answered and recorded in the form of the settings in force', async t => {
  const bench = createBench(t)
  const listener = await bench.open('http', Promise.resolve())
  const socket = await openRawSocket({ port: listener.address().port })
  socket.send('no request at all\r\n\r\n')
  assert.match(await socket.closed(), /^HTTP\/1.1 400 /)
  assert.deepEqual(bench.records, [400])
})
