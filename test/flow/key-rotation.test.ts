/** Product.md 3: issuers rotate, break and come back, and nobody notices; what is kept on disk never widens trust. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseArguments } from '../../src/cli/arguments.ts'
import { askAdmin, readAdminAuthorization } from '../../src/cli/ask-admin.ts'
import { runKeys } from '../../src/cli/keys.ts'
import { send } from '../support/call.ts'
import { captureOutput } from '../support/captured-output.ts'
import { type KeyServer, startKeyServer } from '../support/key-server.ts'
import { openScene, type Places, type Scene } from '../support/scene.ts'
import { until } from '../support/upstream.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is interpolated by the gateway
const ADMIN = 'admin_api: { user: operator, password: "${OPERATOR}" }'
const environment = { OPERATOR: 'a-long-password-of-a-test' }
const BASIC = 'operator:a-long-password-of-a-test'
const REFRESH = '/rest/microgateway/keys/refresh'

const settings =
  (local: (places: Places) => string, more = '') =>
  (places: Places): string =>
    `
${ADMIN}
${more}
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${places.issuer}", ${local(places)} } }
apis:
  - { name: orders, upstream: "${places.upstream}", policies: [ jwt: idp ] }
`
const byUri = ({ jwksUri }: Places): string => `jwksuri: "${jwksUri}", jwks: { cooldown: 30s, fetch_timeout: 500ms }`

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'key-rotation-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a scene whose state is in `state`, with the key server of an earlier one at the same address. */
function openOn(t: TestContext, state: string, keys: KeyServer, name = 'idp'): Promise<Scene> {
  return openScene(t, {
    environment,
    settings: ({ upstream }) =>
      settings(
        byUri,
        `state_dir: "${state}"`,
      )({ upstream, jwksUri: keys.jwksUri, issuer: keys.issuer })
        .replace('name: idp', `name: ${name}`)
        .replace('jwt: idp', `jwt: ${name}`),
  })
}

test('a rotation with overlap refuses nobody: the old key serves until it leaves', async t => {
  const scene = await openScene(t, { environment, settings: settings(byUri) })
  const { keys } = scene
  const old = await keys.sign()
  await scene.pass({ token: old })
  const before = keys.keys[0]
  keys.addKey()
  await scene.pass({ token: await keys.sign() })
  await scene.pass({ token: old })
  keys.removeKey(before?.kid ?? '')
  const answer = await send(scene.gateway.adminUrl, { method: 'POST', path: REFRESH, basic: BASIC })
  assert.partialDeepStrictEqual(answer.json(), {
    auth_servers: [{ name: 'idp', result: 'fetched', keys: 1, removed: 1 }],
  })
  await scene.refuse({ token: old }, { code: 'token.key_unknown', challenge: 'invalid_token' })

  await t.test('and the observatory tells that a live token still names it', async () => {
    const page = await send(scene.gateway.adminUrl, { path: '/rest/microgateway/keys', basic: BASIC })
    const [server] = page.json()['auth_servers'] as Record<string, unknown>[]
    assert.partialDeepStrictEqual(server, { departed: [{ kid: before?.kid }], departed_key_uses: 1, keys: [{}] })
    assert.match(page.body, /"last_used": "20/)
    assert.ok(scene.gateway.log.some(({ msg }) => /still name a key that has left/.test(msg ?? '')))
    const metrics = await send(scene.gateway.adminUrl, { path: '/metrics', basic: BASIC })
    assert.match(metrics.body, /^microgateway_jwks_departed_key_uses_total\{auth_server="idp"\} 1$/m)
  })
  await t.test('and another refresh right away is too soon', async () => {
    const again = await send(scene.gateway.adminUrl, { method: 'POST', path: REFRESH, basic: BASIC })
    assert.partialDeepStrictEqual(again.json(), { auth_servers: [{ result: 'too_soon' }] })
  })
})

test('a rotation without overlap is found by the first token of the new key, with or without kid', async t => {
  for (const header of [{}, { kid: undefined }]) {
    const scene = await openScene(t, { environment, settings: settings(byUri) })
    await scene.pass({ token: await scene.keys.sign({}, { header }) })
    scene.keys.rotate()
    await scene.pass({ token: await scene.keys.sign({}, { header }) })
    assert.equal(scene.keys.requests, 2)
  }
})

test('a gateway that starts while its issuer is down serves from the copy on disk', async t => {
  const state = makeFolder(t)
  const keys = await startKeyServer()
  t.after(() => keys.close())
  const first = await openOn(t, state, keys)
  const token = await keys.sign()
  await first.pass({ token })
  const copies = () => readdirSync(state).filter(name => name.startsWith('key-set.'))
  await until(() => copies().length === 1, 'the copy')
  await first.gateway.gateway.stop()
  keys.mode = 'status500'

  await t.test('and no caller notices', async st => {
    const second = await openOn(st, state, keys)
    await second.pass({ token })
    const page = await send(second.gateway.adminUrl, { path: '/rest/microgateway/status', basic: BASIC })
    assert.partialDeepStrictEqual(page.json(), { auth_servers: [{ keys: 1, from_disk: true }] })
  })
  await t.test('but from no copy of another issuer', async st => {
    const [own = ''] = copies()
    const other = await startKeyServer()
    st.after(() => other.close())
    const stranger = await openOn(st, state, other, 'stranger')
    await stranger.pass({ token: await other.sign() })
    const foreign = () => copies().find(name => name !== own)
    await until(() => foreign() !== undefined, 'the copy of the stranger')
    await stranger.gateway.gateway.stop()
    const genuine = readFileSync(join(state, own))
    copyFileSync(join(state, foreign() ?? ''), join(state, own))
    const fooled = await openOn(st, state, keys)
    await fooled.refuse({ token }, { code: 'keys.unavailable' })
    assert.ok(fooled.gateway.log.some(line => line['reason'] === 'it is of another issuer'))
    writeFileSync(join(state, own), genuine)
  })
  await t.test('and from none that was changed', async st => {
    const file = join(state, copies().find(name => name.startsWith('key-set.idp')) ?? '')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('"use', '"Use').replace('\\"use', '\\"Use'))
    assert.notEqual(readFileSync(file, 'utf8'), text)
    const fooled = await openOn(st, state, keys)
    await fooled.refuse({ token }, { code: 'keys.unavailable' })
    assert.ok(fooled.gateway.log.some(line => /seal is broken/.test(String(line['reason']))))
  })
})

test('F12: a state folder that cannot be written changes nothing but the log', async t => {
  const scene = await openScene(t, { environment, settings: settings(byUri, 'state_dir: /proc/none') })
  await scene.pass({ token: await scene.keys.sign() })
  const cannot = () => scene.gateway.log.some(({ msg }) => msg === 'the keys of an auth server cannot be kept on disk')
  await until(cannot, 'the line of the log')
  const metrics = await send(scene.gateway.adminUrl, { path: '/metrics', basic: BASIC })
  assert.match(metrics.body, /^microgateway_jwks_copy_failed\{auth_server="idp"\} 1$/m)
})

const byDiscovery = ({ issuer }: Places): string =>
  `discovery_url: "${issuer}/.well-known/openid-configuration", jwks: { fetch_timeout: 500ms }`

test('keys are found by the discovery document of their issuer', async t => {
  const scene = await openScene(t, { environment, settings: settings(byDiscovery) })
  await scene.pass({ token: await scene.keys.sign() })

  await t.test('and what the document becomes later takes nothing away', async () => {
    scene.keys.discoveryMode = 'html'
    await send(scene.gateway.adminUrl, { method: 'POST', path: REFRESH, basic: BASIC })
    await scene.pass({ token: await scene.keys.sign() })
  })
})

test('a discovery document that is not the issuer’s own, moved or no document gives no keys', async t => {
  for (const [reason, change] of [
    ['discovery: another issuer', { discovery: { issuer: 'https://evil.example', jwks_uri: 'http://127.0.0.1:1/' } }],
    ['discovery: redirect 302', { discoveryMode: 'redirect' }],
    ['discovery: not json', { discoveryMode: 'html' }],
    ['discovery: status 500', { discoveryMode: 'status500' }],
  ] as const) {
    await t.test(reason, async st => {
      const keys = await startKeyServer()
      st.after(() => keys.close())
      Object.assign(keys, change)
      const scene = await openScene(st, {
        environment,
        settings: ({ upstream }) => settings(byDiscovery)({ upstream, jwksUri: keys.jwksUri, issuer: keys.issuer }),
      })
      await scene.refuse({ token: await keys.sign() }, { code: 'keys.unavailable', facts: { reason } })
      assert.equal(keys.requests, 0)
    })
  }
})

test('the refresh takes the name of an auth server, and nothing else', async t => {
  const scene = await openScene(t, { environment, settings: settings(byUri) })
  const { adminUrl } = scene.gateway
  const post = (body: string, type = 'application/json') =>
    send(adminUrl, { method: 'POST', path: REFRESH, basic: BASIC, body, lines: ['content-type', type] })
  assert.equal((await send(adminUrl, { method: 'POST', path: REFRESH })).status, 401)
  assert.equal((await send(adminUrl, { path: REFRESH, basic: BASIC })).status, 405)
  assert.equal((await post('{"authServer":"nobody"}')).status, 404)
  for (const body of ['{"authserver":"idp"}', '[]', '{', '{"authServer":7}'])
    assert.equal((await post(body)).status, 400)
  assert.equal((await post('{}', 'text/plain')).status, 400)
  assert.equal((await post(`{"x":"${'x'.repeat(70_000)}"}`)).status, 413)
  assert.equal((await post('{"authServer":"idp"}')).status, 200)
})

test('the command shows the keys and fetches them', async t => {
  const scene = await openScene(t, { environment, settings: settings(byUri) })
  await scene.pass({ token: await scene.keys.sign() })
  const run = async (...argv: string[]) => {
    const parsed = parseArguments(['keys', ...argv, '--url', scene.gateway.adminUrl], {})
    assert.ok(parsed.kind === 'command')
    const captured = captureOutput({ json: argv.includes('--json') })
    const code = await runKeys(parsed.line, captured.output, {
      load: async () => ({ settings: scene.gateway.gateway.settings(), problems: [], sources: new Map() }) as never,
      ask: askAdmin,
      readAuthorization: readAdminAuthorization,
    })
    return { code, text: captured.stdout() + captured.stderr() }
  }
  const shown = await run()
  assert.equal(shown.code, 0, shown.text)
  assert.match(shown.text, /^idp \(jwksUri\): 1 key, \d+ s old, next fetch 20/)
  const refreshed = await run('refresh', '--auth-server', 'idp')
  assert.deepEqual([refreshed.code, refreshed.text], [0, 'idp: fetched; 1 key, 0 new, 0 gone\n'])
  assert.equal(scene.keys.requests, 2)
  assert.equal((await run('refresh', '--auth-server', 'nobody')).code, 1)
  assert.partialDeepStrictEqual(JSON.parse((await run('--json')).text), { auth_servers: [{ name: 'idp' }] })
})
