/** threats.md 3.13: whatever a part of the gateway throws, a request gets its 500, the defect is counted, and the process serves on. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Target } from '../../src/exchange/exchange.ts'
import { createListenerOpener } from '../../src/gateway/open-listener.ts'
import { type Policy, PROCEED } from '../../src/policies/policy.ts'
import { createServerTls, type ServerTls } from '../../src/server/tls.ts'
import { compileFixedRoute } from '../../src/snapshot/compile-built-in.ts'
import { createSnapshotHolder } from '../../src/snapshot/holder.ts'
import { send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { createCompileBench } from '../support/compile-parts.ts'
import { LIMITS, openFrontDoor } from '../support/front-door.ts'
import { openGateway } from '../support/gateway.ts'
import { createIdleStreams } from '../support/idle-streams.ts'
import { makeSnapshot } from '../support/make-snapshot.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { openPemStores } from '../support/stores.ts'
import { createSystemClock } from '../support/system-clock.ts'

const explode = (): never => {
  throw new Error('a secret of the inside')
}
const OK: Target = {
  handle(_exchange, reply) {
    reply.send(200, [], 'ok')
    return { kind: 'replied', status: 200 }
  },
}

/** A listener of a gateway with one route a path. */
async function openRoutes(t: TestContext, routes: Readonly<Record<string, [Target, ...Policy[]]>>) {
  const { parts } = createCompileBench(createSystemClock())
  const builtIn = new Map(
    Object.entries(routes).map(([path, [target, ...policies]]) => [
      path,
      new Map([['GET', compileFixedRoute('GET', path, target, parts.counters, [], policies)]]),
    ]),
  )
  const holder = createSnapshotHolder(makeSnapshot({ builtIn }), explode)
  const open = createListenerOpener({
    ...parts,
    holder,
    streams: createIdleStreams(),
    accessLog: () => ({ enabled: false, write: () => {} }),
    adminPaths: () => new Map(),
  })
  const address = { host: '127.0.0.1', port: 0 }
  const listener = await open({ kind: 'http', address, limits: LIMITS, tls: undefined }, Promise.resolve())
  t.after(() => listener.close())
  return { url: listener.url, counters: parts.counters }
}

const policy = (evaluate: Policy['evaluate']): Policy => ({ name: 'test', stage: 'identifyAndAccess', evaluate })

test('what a policy or a target throws, now or later, is a 500 that tells nothing, and is counted', async t => {
  let reached = 0
  const upstream: Target = {
    handle(exchange, reply) {
      reached += 1
      return OK.handle(exchange, reply)
    },
  }
  const { url, counters } = await openRoutes(t, {
    '/policy': [upstream, policy(explode)],
    '/late-policy': [upstream, policy(() => PROCEED), policy(() => Promise.reject(new Error('late')))],
    '/odd-policy': [upstream, policy(() => Promise.reject(undefined))],
    '/target': [{ handle: explode }],
    '/late-target': [{ handle: () => Promise.reject(new Error('late')) }],
    '/fine': [OK],
  })
  const paths = ['/policy', '/late-policy', '/odd-policy', '/target', '/late-target']
  for (const [at, path] of paths.entries()) {
    const answer = await send(url, { path })
    assert.equal(answer.status, 500, path)
    assert.equal(answer.json()['code'], 'internal.defect', path)
    assert.doesNotMatch(answer.body, /secret|late\b|test\.ts/)
    assert.equal(counters.defects, at + 1, path)
  }
  assert.equal(reached, 0, 'nothing goes upstream without a verdict')
  assert.equal((await send(url, { path: '/fine' })).status, 200)
  assert.equal(counters.active, 0)
})

test('a target that throws behind its head cuts the answer, and the next caller is served', async t => {
  const { url, counters } = await openRoutes(t, {
    '/cut': [
      {
        handle(_exchange, reply) {
          reply.start(200, ['content-length', '10'])
          return explode()
        },
      },
    ],
    '/fine': [OK],
  })
  await assert.rejects(send(url, { path: '/cut' }))
  assert.equal(counters.defects, 1)
  assert.equal((await send(url, { path: '/fine' })).status, 200)
})

test('a log that throws loses lines and nothing else', async t => {
  let isBroken = false
  const { url, adminUrl } = await openGateway(t, {
    settings: 'admin_api: { open_metrics: true }\napis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n',
    onLogLine: () => {
      if (isBroken) explode()
    },
  })
  isBroken = true
  for (let i = 0; i < 3; i++) assert.equal((await send(url, { path: '/orders' })).status, 200)
  isBroken = false
  assert.match((await send(adminUrl, { path: '/metrics' })).body, /^microgateway_log_dropped_total 3$/m)
})

test('figures that cannot be read are a 500 for whoever asked for them', async t => {
  let isBroken = false
  const facts = { residentMemoryBytes: 1, cpuSeconds: 1, nodeVersion: '0' }
  const { url, adminUrl } = await openGateway(t, {
    settings: 'admin_api: { open_metrics: true }\napis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n',
    processFacts: () => (isBroken ? explode() : facts),
  })
  isBroken = true
  assert.equal((await send(adminUrl, { path: '/metrics' })).status, 500)
  assert.equal((await send(url, { path: '/orders' })).status, 200)
  isBroken = false
  assert.match((await send(adminUrl, { path: '/metrics' })).body, /^microgateway_defects_total [1-9]/m)
})

test('a choice of certificates that throws ends that handshake only', async t => {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
  const stores = await openPemStores({ keystores: { edge: { one: { key, cert } } } })
  const made = createServerTls(
    {
      certificates: [{ keystore: 'edge', alias: 'one', pointer: '' }],
      minVersion: 'TLSv1.2',
      clientCertificates: 'none',
      clientTruststore: undefined,
    },
    stores,
  )
  assert.ok(made.ok)
  let isBroken = true
  const tls: ServerTls = { ...made.value, choose: name => (isBroken ? explode() : made.value.choose(name)) }
  const door = await openFrontDoor({ tls })
  t.after(() => door.close())
  const { port } = door
  const open = () => openRawSocket({ port, tls: { ca: cert, servername: 'localhost' } })
  await assert.rejects(open())
  assert.match(String(door.defects), /a secret of the inside/)
  isBroken = false
  const socket = await open()
  socket.send('GET /fine HTTP/1.1\r\nHost: a\r\n\r\n')
  await socket.until(/^HTTP\/1\.1 200 /)
  socket.destroy()
})
