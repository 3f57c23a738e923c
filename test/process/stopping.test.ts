/** How a gateway ends: drained by SIGTERM and SIGINT, at once by a second SIGINT and by SIGQUIT. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type GatewayProcess, makeFolder, startGatewayProcess } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { startUpstream } from '../support/upstream.ts'

interface Held {
  readonly gateway: GatewayProcess
  /** A call that the upstream has seen and answers only when told. */
  readonly call: Promise<string>
  answer(): void
}

/** Starts a gateway with a call under way; later ones are answered at once. */
async function startBusy(t: TestContext, drain: string): Promise<Held> {
  const seen = Promise.withResolvers<ServerResponse>()
  const upstream = await startUpstream((request, response) => {
    if (request.url === '/orders') seen.resolve(response)
    else response.end('at once')
  })
  t.after(() => upstream.close())
  const settings = `
drain: ${drain}
apis: [ { name: orders, upstream: "${upstream.origin}", open: true } ]
`
  const gateway = await startGatewayProcess(t, { cwd: makeFolder(t, { 'microgateway.yml': settings }) })
  const call = fetch(`${gateway.url}/orders`).then(async answer => `${answer.status} ${await answer.text()}`)
  const response = await seen.promise
  return { gateway, call, answer: () => void response.end('late but whole') }
}

async function readiness(gateway: GatewayProcess): Promise<number> {
  return (await fetch(`${gateway.adminUrl}/health/ready`)).status
}

/** Whether anybody accepts at the address, told by a bare connection. */
async function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

test('SIGTERM: what is under way is served, readiness is gone, nobody new gets in, the exit code is 0', async t => {
  const { gateway, call, answer } = await startBusy(t, '{ timeout: 15s }')
  assert.equal(await readiness(gateway), 200)
  gateway.signal('SIGTERM')
  await gateway.printed(/^stopping/m)
  assert.equal(await readiness(gateway), 503)
  await eventually(
    () => accepts(gateway.url),
    accepted => !accepted,
  )
  answer()
  assert.equal(await call, '200 late but whole')
  assert.equal(await gateway.ended(), 0)
  assert.match(gateway.stderr, /^stopped$/m)
})

test('during drain.delay readiness is gone, and new callers are still served', async t => {
  const { gateway, call, answer } = await startBusy(t, '{ delay: 2s, timeout: 15s }')
  gateway.signal('SIGTERM')
  await gateway.printed(/^stopping/m)
  assert.equal(await readiness(gateway), 503)
  const late = await fetch(`${gateway.url}/orders/late`)
  assert.equal(await late.text(), 'at once')
  answer()
  assert.equal(await call, '200 late but whole')
  assert.equal(await gateway.ended(), 0)
})

test('after drain.timeout what is still under way is cut, and the exit code is 0 all the same', async t => {
  const { gateway, call } = await startBusy(t, '{ timeout: 100ms }')
  const lost = assert.rejects(call)
  gateway.signal('SIGTERM')
  assert.equal(await gateway.ended(), 0)
  await lost
  assert.match(gateway.stderr, /requests were still under way/)
})

test('a second SIGINT ends it at once with 130', async t => {
  const { gateway, call } = await startBusy(t, '{ timeout: 1m }')
  const lost = assert.rejects(call)
  gateway.signal('SIGINT')
  await gateway.printed(/^stopping/m)
  gateway.signal('SIGINT')
  assert.equal(await gateway.ended(), 130)
  await lost
})

test('SIGQUIT ends it at once with 131', async t => {
  const { gateway, call } = await startBusy(t, '{ timeout: 1m }')
  const lost = assert.rejects(call)
  gateway.signal('SIGQUIT')
  assert.equal(await gateway.ended(), 131)
  await lost
})

test('SIGINT stops an idle gateway with 0', async t => {
  const settings = 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]'
  const gateway = await startGatewayProcess(t, { cwd: makeFolder(t, { 'microgateway.yml': settings }) })
  gateway.signal('SIGINT')
  assert.equal(await gateway.ended(), 0)
})
