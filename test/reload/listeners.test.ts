/** Product.md 2, hot reload: ports change without a refused connection on those that stay, or not at all. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { openGateway } from '../support/gateway.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { findFreePort, readMetric, readStatus } from '../support/reloads.ts'
import { startUpstream } from '../support/upstream.ts'

const API = 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n'
const onPorts = (http: string | number, admin: string | number = '127.0.0.1:0', rest = API): string => {
  const write = (port: string | number): string => (typeof port === 'number' ? `127.0.0.1:${port}` : port)
  return `ports: { http: "${write(http)}", admin: "${write(admin)}" }\n${rest}`
}

/** Asks over a new connection each time until told to stop; resolves with how often it was answered. */
function hammer(url: string): { stop(): Promise<number> } {
  let isOver = false
  const work = async (): Promise<number> => {
    for (let calls = 0; ; calls++) {
      if (isOver) return calls
      assert.equal((await send(url, { path: '/orders' })).status, 200)
    }
  }
  const workers = [work(), work(), work()]
  return {
    async stop() {
      isOver = true
      return (await Promise.all(workers)).reduce((sum, calls) => sum + calls, 0)
    },
  }
}

async function isRefused(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

test('while other ports come and go, the one that stays refuses nobody', async t => {
  const { gateway, url, reload } = await openGateway(t, { settings: onPorts('127.0.0.1:0') })
  const load = hammer(url)
  for (let i = 0; i < 8; i++) {
    const admin = await findFreePort()
    const limits = `limits: { max_body_bytes: ${i + 1}KiB }\n`
    const status = await reload(onPorts('127.0.0.1:0', admin, limits + API))
    assert.equal(status.result, 'applied', JSON.stringify(status.problems))
    assert.equal(gateway.view.listeners().find(({ kind }) => kind === 'admin')?.url, `http://127.0.0.1:${admin}`)
  }
  assert.ok((await load.stop()) > 8)
})

test('a port that moves is open at its new place, refused at its old one, and a kept connection is told to go', async t => {
  const port = await findFreePort()
  const running = await openGateway(t, { settings: onPorts('127.0.0.1:0') })
  const { url: old, reload } = running
  const keep = await openRawSocket({ port: Number(new URL(old).port) })
  const get = 'GET /orders HTTP/1.1\r\nHost: a\r\n\r\n'
  keep.send(get)
  await keep.until(/\r\n\r\n\{.*\}/s)
  assert.equal((await reload(onPorts(port))).result, 'applied')
  assert.equal(running.url, `http://127.0.0.1:${port}`)
  assert.equal((await send(running.url, { path: '/orders' })).status, 200)
  assert.ok(await isRefused(old))
  keep.send(get)
  assert.match(await keep.closed(), /connection: close/i)
})

test('the admin port moves, and the old one is gone', async t => {
  const running = await openGateway(t, { settings: onPorts('127.0.0.1:0') })
  const { adminUrl: old, url, reload } = running
  assert.equal((await reload(onPorts('127.0.0.1:0', await findFreePort()))).result, 'applied')
  assert.notEqual(running.adminUrl, old)
  assert.ok(await isRefused(old))
  assert.partialDeepStrictEqual(await readStatus(running), { config: { on_disk_in_force: true } })
  assert.equal(running.url, url)
})

test('two ports change places', async t => {
  const [one, two] = [await findFreePort(), await findFreePort()]
  const running = await openGateway(t, { settings: onPorts(one, two) })
  assert.equal((await running.reload(onPorts(two, one))).result, 'applied')
  assert.deepEqual([running.url, running.adminUrl], [`http://127.0.0.1:${two}`, `http://127.0.0.1:${one}`])
  assert.equal((await send(running.url, { path: '/orders' })).status, 200)
  assert.equal((await send(running.adminUrl, { path: '/health/live' })).status, 200)
  assert.equal((await send(running.adminUrl, { path: '/orders' })).status, 404, 'an API never behind the admin port')
})

test('a port in use refuses the whole change, with its place, and what it would have changed stays', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const running = await openGateway(t, { settings: onPorts('127.0.0.1:0') })
  const { gateway, url, adminUrl, log, reload } = running
  const held = gateway.held()
  const [free, { revision }] = [await findFreePort(), gateway.settings()]

  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const apis = `apis:\n  - { name: later, upstream: "${upstream.origin}", open: true }\n`
  const status = await reload(onPorts(free, port, apis))
  assert.equal(status.result, 'refused')
  const [problem] = status.problems
  assert.partialDeepStrictEqual(problem, {
    code: 'config.unusable',
    severity: 'error',
    pointer: '/ports/admin',
    place: { file: 'microgateway.yml', line: 1 },
  })
  assert.match(problem?.message ?? '', /in use/)
  assert.ok(log.some(({ level, msg }) => level === 'error' && msg?.includes('in use')))
  assert.deepEqual([running.url, running.adminUrl], [url, adminUrl])
  assert.equal((await send(url, { path: '/orders' })).status, 200)
  assert.equal((await send(url, { path: '/later' })).status, 404)
  assert.ok(await isRefused(`http://127.0.0.1:${free}`), 'what was opened is closed again')
  assert.equal(gateway.settings().revision, revision)
  assert.equal(gateway.held(), held)
  assert.equal(await readMetric(running, 'microgateway_config_last_reload_successful'), 0)

  assert.equal((await reload(onPorts(free, '127.0.0.1:0', apis))).result, 'applied', 'a better change is taken')
  assert.equal((await send(running.url, { path: '/later' })).status, 200)
})

test('a listener goes and comes back', async t => {
  const { cert, key } = makeCertificate('DNS:localhost')
  const tls = `
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: one } ] }
security_settings: { keystores: [ { name: edge, entries: [ { alias: one, certificate: a.crt, private_key: a.key } ] } ] }
`
  const both = `ports: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }\n${tls}${API}`
  const running = await openGateway(t, { settings: both, files: { 'a.crt': cert, 'a.key': key } })
  const kinds = (): string[] => running.gateway.view.listeners().map(({ kind }) => kind)
  const { url: old, httpsUrl } = running
  assert.equal((await running.reload(both.replace('http: "127.0.0.1:0", ', ''))).result, 'applied')
  assert.deepEqual(kinds(), ['https', 'admin'])
  assert.ok(await isRefused(old))
  assert.equal((await send(httpsUrl, { path: '/orders', ca: cert })).status, 200)
  assert.equal((await running.reload(both)).result, 'applied')
  assert.deepEqual(kinds(), ['http', 'https', 'admin'])
  assert.equal(running.httpsUrl, httpsUrl)
  assert.equal((await send(running.url, { path: '/orders' })).status, 200)
})

test('limits of a kept listener are those of the new settings', async t => {
  const { url, reload } = await openGateway(t, { settings: onPorts('127.0.0.1:0') })
  const big = { path: '/orders', method: 'POST', body: Buffer.alloc(2000) }
  assert.equal((await send(url, big)).status, 200)
  await reload(onPorts('127.0.0.1:0', '127.0.0.1:0', `limits: { max_body_bytes: 1KiB }\n${API}`))
  assert.equal((await send(url, big)).status, 413)
})
