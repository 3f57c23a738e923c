/** Product.md 5: a token for a user that proves to be one, the keys that verify it, and nothing to anybody else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { type Call, send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { createTestClock } from '../support/clock.ts'
import { makePasswordHash } from '../support/password-hash.ts'
import { openScene, type Places, refuseAt, type Scene } from '../support/scene.ts'

const hash = makePasswordHash('pw')

const TOKEN = '/rest/pub/apigateway/jwt/getJsonWebToken'
const KEYS = ['/rest/pub/apigateway/jwt/certs', '/.well-known/jwks.json']
const REALM = 'microgateway'
const BASIC = [`Basic realm="${REALM}", charset="UTF-8"`]

interface IssuingPlan {
  readonly https?: boolean
  readonly algorithm?: string
}

const settings =
  ({ https = false, algorithm = 'ES256' }: IssuingPlan = {}) =>
  ({ upstream }: Places): string =>
    `
ports: { http: "127.0.0.1:0", ${https ? 'https: "127.0.0.1:0",' : ''} admin: "127.0.0.1:0" }
${https ? 'tls: { certificates: [ { keyStoreAlias: edge, keyAlias: edge } ] }' : ''}
trusted_proxies: [ 127.0.0.2 ]
users: [ { name: alice, password_hash: "${hash}" }, { name: bob, password_hash: "${hash}" } ]
security_settings:
  keystores:
    - { name: signing, type: generated, algorithm: ${algorithm}, alias: key-1 }
    ${https ? '- { name: edge, entries: [ { alias: edge, certificate: tls.crt, private_key: tls.key } ] }' : ''}
  auth_servers:
    - name: local
      localIntrospectionConfig: { issuer: "https://orders.example.com" }
      tokenGeneratorConfig: { algorithm: ${algorithm}, expiry: 60, audience: orders, keyStoreAlias: signing, keyAlias: key-1 }
applications:
  - { id: billing, name: Billing, apis: [ orders ], identifiers: { users: [ alice ], claim_sets: [ { sub: bob } ] } }
  - { id: shut, name: Shut, suspended: true, apis: [ orders ], identifiers: { users: [ alice ] } }
  - { id: alice, name: named like a user, apis: [ orders ], identifiers: { users: [ bob ] } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ identify_and_authorize: { rules: [ { jwt: {} } ] } ] }
  - { name: any, upstream: "${upstream}", policies: [ jwt: local ] }
extended_settings: { pg_JWT_isHTTPS: ${https} }
`

async function tokenOf(scene: Scene, call: Call): Promise<string> {
  const answer = await scene.call({ path: TOKEN, ...call })
  assert.equal(answer.status, 200, answer.body)
  assert.equal(answer.field('cache-control'), 'no-store')
  return String(answer.json()['jwt'])
}

test('a user gets a token', async t => {
  const clock = createTestClock()
  const scene = await openScene(t, { settings: settings(), clock })

  await t.test('for itself, with the claims that the seeds name', async () => {
    const token = await tokenOf(scene, { basic: 'bob:pw' })
    const now = clock.seconds()
    const claims = { sub: 'bob', iss: 'https://orders.example.com', aud: 'orders', nbf: now, iat: now, exp: now + 3600 }
    assert.deepEqual(decodeJwt(token), claims)
  })
  await t.test('for an application that lists it', async () => {
    const token = await tokenOf(scene, { path: `${TOKEN}?app_id=billing`, basic: 'alice:pw' })
    const { sub, aud, app_id: appId } = decodeJwt(token)
    assert.deepEqual({ sub, aud, appId }, { sub: 'alice', aud: ['billing', 'orders'], appId: 'billing' })
  })
  await t.test('that passes at the APIs of this gateway, and expires', async () => {
    const token = await tokenOf(scene, { basic: 'bob:pw' })
    await scene.pass({ path: '/any', token })
    clock.advance(3_630_000)
    await scene.refuse({ path: '/any', token }, { code: 'token.expired', challenge: 'invalid_token', realm: 'any' })
  })
  await t.test('whose app_id or sub names an application: that one, and no claim set beside it', async () => {
    const nameOf = async (token: string): Promise<unknown> =>
      (await scene.pass({ token })).record['microgateway.application']
    assert.equal(await nameOf(await tokenOf(scene, { basic: 'bob:pw' })), 'billing', 'a claim set names it')
    assert.equal(await nameOf(await tokenOf(scene, { basic: 'alice:pw' })), 'alice', 'sub names it')
    const both = await tokenOf(scene, { path: `${TOKEN}?app_id=billing`, basic: 'alice:pw' })
    await scene.refuse({ token: both }, { code: 'application.ambiguous' })
    const bob = await tokenOf(scene, { path: `${TOKEN}?app_id=alice`, basic: 'bob:pw' })
    assert.equal(await nameOf(bob), 'alice', 'the claim set of billing does not count')
  })
  await t.test('that jose verifies with the published keys, which have no private part', async () => {
    const token = await tokenOf(scene, { basic: 'bob:pw' })
    for (const path of KEYS) {
      const answer = await scene.call({ path })
      assert.equal(answer.status, 200)
      const set = answer.json() as JSONWebKeySet & Record<string, unknown>
      assert.equal(set.keys.length, 1)
      for (const key of set.keys)
        for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) assert.ok(!(member in key), member)
      const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(set), { currentDate: new Date(clock.now()) })
      assert.equal(protectedHeader.kid, set.keys[0]?.kid)
    }
  })
})

test('nobody else gets one', async t => {
  const scene = await openScene(t, { settings: settings() })
  const own = { realm: REALM }
  await scene.refuseAll(t, [
    { name: 'without credentials', call: { path: TOKEN }, code: 'credentials.missing', challenge: BASIC, ...own },
    {
      name: 'with a wrong password',
      call: { path: TOKEN, basic: 'alice:wrong' },
      code: 'credentials.invalid',
      challenge: BASIC,
    },
    {
      name: 'as a user that does not exist',
      call: { path: TOKEN, basic: 'mallory:pw' },
      code: 'credentials.invalid',
      challenge: BASIC,
    },
    {
      name: 'with a bearer token instead',
      call: { path: TOKEN, token: 'a.b.c' },
      code: 'credentials.missing',
      challenge: BASIC,
    },
    {
      name: 'for an application that does not list the user',
      call: { path: `${TOKEN}?app_id=billing`, basic: 'bob:pw' },
      code: 'issuer.user_not_listed',
    },
    {
      name: 'for an application that does not exist: the same answer',
      call: { path: `${TOKEN}?app_id=nobody`, basic: 'bob:pw' },
      code: 'issuer.user_not_listed',
    },
    {
      name: 'for a suspended application',
      call: { path: `${TOKEN}?app_id=shut`, basic: 'alice:pw' },
      code: 'application.suspended',
    },
    {
      name: 'for two applications at once',
      call: { path: `${TOKEN}?app_id=billing&app_id=shut`, basic: 'alice:pw' },
      code: 'issuer.request_invalid',
    },
    {
      name: 'for an application without a name',
      call: { path: `${TOKEN}?app_id=`, basic: 'alice:pw' },
      code: 'issuer.request_invalid',
    },
    {
      name: 'with a query that has a broken escape',
      call: { path: `${TOKEN}?app_id=%zz`, basic: 'alice:pw' },
      code: 'issuer.request_invalid',
    },
  ])
  await t.test('with another method', async () => {
    const call = { method: 'POST', path: TOKEN, basic: 'alice:pw' }
    const answer = await scene.refuse(call, { code: 'route.method_not_allowed' })
    assert.equal(answer.field('allow'), 'GET, HEAD')
  })
})

test('every signing algorithm issues tokens that this gateway accepts', async t => {
  for (const algorithm of ['RS384', 'EdDSA']) {
    await t.test(algorithm, async u => {
      const scene = await openScene(u, { settings: settings({ algorithm }) })
      const token = await tokenOf(scene, { basic: 'bob:pw' })
      assert.equal(decodeProtectedHeader(token).alg, algorithm)
      await scene.pass({ path: '/any', token })
    })
  }
})

test('tokens are issued over https only, where the settings do not say otherwise', async t => {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
  const scene = await openScene(t, { settings: settings({ https: true }), files: { 'tls.crt': cert, 'tls.key': key } })
  const refused = { code: 'request.https_required' } as const
  for (const call of [{ basic: 'alice:pw' }, {}, { basic: 'alice:pw', lines: ['X-Forwarded-Proto', 'https'] }])
    await scene.refuse({ path: TOKEN, ...call }, refused)
  const answer = await send(scene.gateway.httpsUrl, { path: TOKEN, basic: 'alice:pw', ca: cert })
  assert.equal(answer.status, 200)
  await refuseAt(
    scene.gateway.httpsUrl,
    scene,
    { path: TOKEN, basic: 'alice:wrong', ca: cert },
    { code: 'credentials.invalid', challenge: BASIC },
  )
  assert.equal((await scene.call({ path: KEYS[0] ?? '' })).status, 200, 'public keys need no https')
})

test('without an issuer of our own it is 501, in so many words, and there are no keys', async t => {
  const bare = ({ upstream }: Places): string => `
apis: [ { name: orders, upstream: "${upstream}", open: true } ]
extended_settings: { pg_JWT_isHTTPS: false }
`
  const scene = await openScene(t, { settings: bare })
  const answer = await scene.refuse(
    { path: TOKEN, basic: 'alice:pw' },
    { code: 'issuer.not_configured', decision: 'allow' },
  )
  assert.match(String(answer.json()['detail']), /issues tokens/)
  assert.deepEqual((await scene.call({ path: KEYS[1] ?? '' })).json(), { keys: [] })
})
