/** Product.md 2, hot reload: only `workers` and `state_dir` wait for a restart; everything else is in force at once. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { send } from '../support/call.ts'
import { openGateway } from '../support/gateway.ts'
import { readAdminPage, readStatus } from '../support/reloads.ts'
import { until } from '../support/upstream.ts'

const API = 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n'

test('the level of the log and the form of the access log', async t => {
  const { url, log, reload, recordOf } = await openGateway(t, { settings: `logging: { level: error }\n${API}` })
  assert.deepEqual(
    log.map(({ msg }) => msg),
    [],
    'nothing worth an error has happened',
  )
  assert.equal((await reload(`logging: { level: info }\n${API}`)).result, 'applied')
  assert.match(log[0]?.msg ?? '', /^reloaded, now on/)

  const answer = await send(url, { path: '/orders/json' })
  await recordOf(answer.field('x-request-id') ?? null)
  await reload(`logging: { access_log: combined }\n${API}`)
  await send(url, { path: '/orders/combined' })
  await until(() => log.some(({ msg }) => msg?.includes('"GET /orders/combined HTTP/1.1" 200') === true))
  await reload(`logging: { access_log: off }\n${API}`)
  await send(url, { path: '/orders/off' })
  await reload(`logging: { access_log: json }\n${API}`)
  const last = await send(url, { path: '/orders/again' })
  await recordOf(last.field('x-request-id') ?? null)
  assert.ok(!JSON.stringify(log).includes('/orders/off'))
})

test('another state_dir waits for a restart, and every reload says so until then', async t => {
  const running = await openGateway(t, { settings: API })
  const { folder, reload, log } = running
  const findRestart = (problems: readonly { readonly code: string }[]): boolean =>
    problems.some(({ code }) => code === 'config.needs_restart')
  const first = await reload(`state_dir: ./elsewhere\n${API}`)
  assert.equal(first.result, 'applied')
  assert.ok(findRestart(first.problems))
  assert.ok(log.some(({ level, code }) => level === 'warn' && code === 'config.needs_restart'))
  assert.ok(!existsSync(join(folder, 'elsewhere')))
  assert.equal((await readAdminPage(running, '/rest/microgateway/status')).status, 200, 'the old token still opens')

  assert.ok(findRestart((await reload(`name: more\nstate_dir: ./elsewhere\n${API}`)).problems))
  const unchanged = await running.gateway.reload('signal')
  assert.equal(unchanged.result, 'unchanged')
  assert.ok(findRestart(unchanged.problems))
  assert.match(JSON.stringify((await readStatus(running))['last_reload']), /needs_restart/)
  assert.ok(!findRestart((await reload(`name: back\n${API}`)).problems))
})

test('what compiling warned of at the start is still told after a look that changed nothing', async t => {
  const { gateway } = await openGateway(t, {
    settings: `
apis:
  - { name: all, base_path: /, upstream: "builtin:echo", open: true, routes: [ { match: GET /orders/a } ] }
  - { name: orders, upstream: "builtin:echo", open: true }
`,
    watch: true,
  })
  const ties = (problems: readonly { readonly code: string }[]): number =>
    problems.filter(({ code }) => code === 'config.ambiguous').length
  assert.equal(ties(gateway.started.problems), 1)
  assert.equal((await gateway.reload('signal')).result, 'unchanged')
  assert.equal(ties(gateway.view.lastReload()?.problems ?? []), 1)
})

test('the admin pages change their path, their credentials, and back to a token', async t => {
  const credentials = 'admin_api: { user: operator, password: "correct horse" }\n'
  const running = await openGateway(t, { settings: credentials + API })
  const { adminUrl, gateway, reload, folder } = running
  const path = '/rest/microgateway/status'
  assert.equal((await send(adminUrl, { path, basic: 'operator:correct horse' })).status, 200)
  assert.ok(!existsSync(join(folder, 'data', 'admin-token')))
  assert.equal(gateway.hasAdminToken, false)

  await reload(credentials.replace('horse', 'donkey') + API)
  assert.equal((await send(adminUrl, { path, basic: 'operator:correct horse' })).status, 401)
  assert.equal((await send(adminUrl, { path, basic: 'operator:correct donkey' })).status, 200)

  assert.equal((await reload(`admin_api: { admin_path: /manage }\n${API}`)).result, 'applied')
  assert.equal(gateway.hasAdminToken, true)
  const token = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
  assert.equal((await send(adminUrl, { path, token })).status, 404)
  assert.equal((await send(adminUrl, { path: '/manage/status', token })).status, 200)
  assert.equal((await send(adminUrl, { path: '/manage/status', basic: 'operator:correct donkey' })).status, 401)
})

test('trusted proxies and the format of errors', async t => {
  const { url, reload, recordOf } = await openGateway(t, { settings: API })
  const lines = ['X-Forwarded-For', '192.0.2.9']
  const addressOf = async () => {
    const answer = await send(url, { path: '/orders', lines })
    return (await recordOf(answer.field('x-request-id') ?? null))['client.address']
  }
  assert.equal(await addressOf(), '127.0.0.1')
  await reload(`trusted_proxies: [ 127.0.0.1 ]\nfaults: { format: exception }\n${API}`)
  assert.equal(await addressOf(), '192.0.2.9')
  assert.ok('Exception' in (await send(url, { path: '/nowhere' })).json())
})
