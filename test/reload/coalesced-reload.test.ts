import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from '../support/gateway.ts'

const withName = (name: string): string => `
name: ${name}
apis:
  - { name: orders, upstream: "builtin:echo", open: true }
`

test('a change of the file is in force without a call for it', async t => {
  const { gateway, write } = await openGateway(t, { settings: withName('before'), watch: true })
  const next = Promise.withResolvers<string>()
  gateway.onReload(({ result }) => {
    if (result !== 'unchanged') next.resolve(result)
  })
  write('microgateway.yml', `ports: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }\n${withName('after')}`)
  assert.equal(await next.promise, 'applied')
  assert.equal(gateway.settings().name, 'after')
})

test('a broken change keeps what runs, and says so', async t => {
  const { gateway, url, reload, log } = await openGateway(t, { settings: withName('before') })
  const { revision } = gateway.settings()
  const status = await reload('apis: [ { name: orders, upstreem: "builtin:echo" } ]')
  assert.equal(status.result, 'refused')
  assert.equal(gateway.settings().revision, revision)
  assert.equal((await fetch(`${url}/orders`)).status, 200)
  assert.ok(log.some(line => line.level === 'error' && String(line.msg).startsWith('reload refused')))
  assert.equal(gateway.view.lastReload()?.result, 'refused')
})

test('requests for a reload that arrive during one are one more reload', async t => {
  const { gateway, write } = await openGateway(t, { settings: withName('one') })
  let ends = 0
  gateway.onReload(() => {
    ends += 1
  })
  write('microgateway.yml', `ports: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }\n${withName('two')}`)
  await Promise.all(Array.from({ length: 20 }, () => gateway.reload('signal')))
  assert.equal(ends, 2)
  assert.equal(gateway.settings().name, 'two')
})
