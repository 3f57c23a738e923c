/** Product.md 3: our outage is never the caller's 401, an issuer that is back is noticed, and no caller makes us fetch. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from '../support/call.ts'
import { openScene, type Places } from '../support/scene.ts'
import { createTestKey } from '../support/test-key.ts'
import { until } from '../support/upstream.ts'

const settings =
  (jwks: string) =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}", jwks: ${jwks} }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
`

test('while the keys have never been there a token is 503 with Retry-After, and then it passes', async t => {
  const scene = await openScene(t, { settings: settings('{ fetch_timeout: 200ms }'), keyServer: 'status500' })
  const { keys, gateway } = scene
  const token = await keys.sign()
  const answer = await scene.refuse({ token }, { code: 'keys.unavailable', facts: { authServer: 'idp' } })
  assert.match(answer.field('retry-after') ?? '', /^[1-9]\d*$/)
  await t.test('nothing presented is 401 all the same', async () => {
    await scene.refuse({}, { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] })
  })
  await t.test('a token of nobody we know is 401 all the same', async () => {
    const stranger = await keys.sign({ iss: 'stranger' })
    await scene.refuse({ token: stranger }, { code: 'token.issuer_unknown', challenge: 'invalid_token' })
  })
  await t.test('the issuer that is back is noticed by itself', async () => {
    keys.mode = 'ok'
    await until(() => gateway.gateway.view.authServers().every(server => server.keys.keys > 0), 'the keys')
    await scene.pass({ token })
  })
  await t.test('both is in the log', () => {
    const lines = gateway.log.map(line => line.msg)
    assert.ok(lines.includes('the keys of an auth server cannot be fetched'))
    assert.ok(lines.includes('the keys of an auth server can be fetched again'))
  })
})

test('a key server that hangs holds a request no longer than the fetch may take', async t => {
  const scene = await openScene(t, { settings: settings('{ fetch_timeout: 150ms }'), keyServer: 'hang' })
  const startedAt = performance.now()
  await scene.refuse({ token: await scene.keys.sign() }, { code: 'keys.unavailable' })
  assert.ok(performance.now() - startedAt < 1_500)
})

test('a flood of tokens with unknown kid costs one fetch, and good callers notice nothing', async t => {
  const scene = await openScene(t, { settings: settings('{ cooldown: 30s }') })
  const { keys, gateway } = scene
  const good = await keys.sign()
  await scene.pass({ token: good })
  assert.equal(keys.requests, 1)

  const stranger = createTestKey('ES256')
  const tokens = await Promise.all(
    Array.from({ length: 200 }, (_, i) => keys.sign({}, { key: stranger, header: { kid: `kid-${i}` } })),
  )
  const seenBefore = scene.upstream.requests.length
  const statuses = await Promise.all(tokens.map(async token => (await send(gateway.url, { token })).status))
  assert.deepEqual(new Set(statuses), new Set([401]))
  assert.equal(scene.upstream.requests.length, seenBefore)
  assert.equal(keys.requests, 2, 'one fetch for all of them')
  await scene.pass({ token: good })

  await t.test('also while the fetches fail: then it is our lack', async () => {
    keys.mode = 'status500'
    for (const token of tokens.slice(0, 20)) await send(gateway.url, { token })
    assert.equal(keys.requests, 2, 'the cool-down holds')
    await scene.pass({ token: good })
  })
})

test('a rotated key is found by the first token that names it, and a withdrawn one ends its tokens', async t => {
  const scene = await openScene(t, { settings: settings('{ cooldown: 30s }') })
  const { keys } = scene
  const old = await keys.sign()
  await scene.pass({ token: old })
  await scene.pass({ token: old })
  keys.rotate('ES256')
  await scene.pass({ token: await keys.sign() })
  assert.equal(keys.requests, 2)
  await scene.refuse({ token: old }, { code: 'token.key_unknown', challenge: 'invalid_token' })
})
