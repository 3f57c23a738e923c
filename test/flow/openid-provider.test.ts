/** Product.md 3 and 4 against somebody else's OpenID provider: keys by discovery, rotation, outages, opaque tokens, scopes, DPoP. */
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { makeCertificate } from '../support/certificate.ts'
import { createTestClock } from '../support/clock.ts'
import { DPOP_DEFAULTS, makeProof } from '../support/dpop.ts'
import { CLIENT_SECRET, type OpenIdProvider, startOpenIdProvider } from '../support/oidc-provider.ts'
import { openScene, type Scene, type ScenePlan } from '../support/scene.ts'
import { createTestKey } from '../support/test-key.ts'
import { until } from '../support/upstream.ts'

const REFUSED = { challenge: 'invalid_token' } as const
const BASIC = `clientId: gateway, clientSecret: "${CLIENT_SECRET}"`
const ALGS = `algs="${DPOP_DEFAULTS.algorithms.join(' ')}"`
const JWT_RULE = '{ jwt: { audience: required } }'
const OAUTH2_RULE = '{ oauth2: { audience: required } }'

interface ProviderScenePlan extends Omit<ScenePlan, 'settings' | 'upstream'> {
  /** Further members of `localIntrospectionConfig`. */
  readonly local?: string
  /** How the provider is asked; not at all by default. */
  readonly remote?: string
  /** The `jwt` rule by default. */
  readonly rules?: readonly string[]
  /** Further lines at the top, and under `security_settings`. */
  readonly top?: string
  readonly security?: string
}

/** Opens a scene whose only auth server `idp` is the provider, found by its discovery document. */
function openBeside(t: TestContext, provider: OpenIdProvider, plan: ProviderScenePlan = {}): Promise<Scene> {
  const { local = `issuer: "${provider.issuer}"`, remote, rules = [JWT_RULE], top = '', security = '', ...rest } = plan
  const asked = `remoteIntrospectionConfig: { introspectionEndpoint: "${provider.introspectionEndpoint}", ${remote} }`
  return openScene(t, {
    ...rest,
    settings: ({ upstream }) => `
${top}
security_settings:
  ${security}
  auth_servers:
    - name: idp
      localIntrospectionConfig: { ${local}, discovery_url: "${provider.discoveryUrl}", audience: orders, jwks: { cooldown: 30s, fetch_timeout: 1s } }
      ${remote === undefined ? '' : asked}
applications:
  - { name: billing, id: billing, apis: [ orders ], auth_servers: [ idp ], identifiers: { claim_sets: [ { client_id: billing-batch } ] } }
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ ${rules.join(', ')} ] } ]
    routes:
      - { match: "DELETE /v1/items/{id}", policies: [ require_scopes: { all: [ orders:write ] } ] }
      - { match: "ANY /*", policies: [ require_scopes: { all: [ orders:read ] } ] }
`,
  })
}

/** Asserts who was identified, and by whose token. */
async function passAsBilling(scene: Scene, token: string): Promise<void> {
  const { record } = await scene.pass({ token })
  assert.equal(record['microgateway.application'], 'billing')
  assert.equal(record['microgateway.auth_server'], 'idp')
}

/** Changes a character in the middle of the signature. */
function forge(token: string): string {
  const at = token.lastIndexOf('.') + 10
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'openid-provider-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('its keys are found by its discovery document, whatever their algorithms, and its tokens tell who calls', async t => {
  const keys = [createTestKey('ES256'), createTestKey('RS256'), createTestKey('EdDSA')]
  const provider = await startOpenIdProvider(t, { keys })
  const scene = await openBeside(t, provider)
  for (const key of provider.keys) await passAsBilling(scene, await provider.issue({ key }))
  assert.equal(provider.requests('/jwks'), 1)
  assert.partialDeepStrictEqual(scene.gateway.gateway.view.authServers(), [{ keys: { origin: 'discovery', keys: 3 } }])

  const good = await provider.issue()
  await scene.refuseAll(t, [
    { name: 'nothing presented', call: {}, code: 'credentials.missing', challenge: ['Bearer realm="orders"'] },
    {
      name: 'a token for another audience',
      call: { token: await provider.issue({ audience: 'invoices' }) },
      code: 'token.audience_rejected',
      ...REFUSED,
    },
    { name: 'a forged one', call: { token: forge(good) }, code: 'token.signature_invalid', ...REFUSED },
    {
      name: 'one of another application',
      call: { token: await provider.issue({ client: 'shipping-batch' }) },
      code: 'application.unidentified',
    },
    {
      name: 'one without a scope that is required',
      call: { token: await provider.issue({ scope: 'orders:write' }) },
      code: 'scope.insufficient',
      challenge: 'insufficient_scope',
    },
    {
      name: 'one without the scope of its route',
      call: { method: 'DELETE', path: '/orders/v1/items/7', token: good },
      code: 'scope.insufficient',
      challenge: 'insufficient_scope',
    },
    {
      name: 'an opaque one, where nobody asks',
      call: { token: await provider.issue({ format: 'opaque' }) },
      code: 'token.malformed',
      ...REFUSED,
    },
  ])
  const scope = 'orders:read orders:write'
  await scene.pass({ method: 'DELETE', path: '/orders/v1/items/7', token: await provider.issue({ scope }) })
})

test('a provider that calls itself differently by one character gives no keys', async t => {
  const provider = await startOpenIdProvider(t)
  const scene = await openBeside(t, provider, { local: `issuer: "${provider.issuer}/"` })
  const forIt = await createTestKey('ES256').sign({
    iss: `${provider.issuer}/`,
    exp: Math.floor(Date.now() / 1000) + 60,
  })
  await scene.refuse(
    { token: forIt },
    { code: 'keys.unavailable', facts: { authServer: 'idp', reason: 'discovery: another issuer' } },
  )
  await scene.refuse({ token: await provider.issue() }, { code: 'token.issuer_unknown', ...REFUSED })
  assert.equal(provider.requests('/jwks'), 0)
})

test('it rotates its keys, with overlap and without, and no call with a good token fails', async t => {
  const clock = createTestClock(Date.now())
  const [first, second, third] = [createTestKey('ES256'), createTestKey('ES256'), createTestKey('ES256')]
  const provider = await startOpenIdProvider(t, { keys: [first] })
  const scene = await openBeside(t, provider, { clock })
  const old = await provider.issue()
  await scene.pass({ token: old })

  const rotate = async (...keys: (typeof first)[]): Promise<void> => {
    await provider.stop()
    await provider.start(keys)
  }
  await t.test('with overlap both serve, and one fetch finds the new one', async () => {
    await rotate(second, first)
    await passAsBilling(scene, await provider.issue())
    await scene.pass({ token: old })
    assert.equal(provider.requests('/jwks'), 2)
  })
  await t.test('within the cool-down a stranger’s key costs no fetch, and the good keys serve on', async () => {
    const now = Math.floor(Date.now() / 1000)
    const stranger = await createTestKey('ES256').sign({ iss: provider.issuer, aud: 'orders', iat: now, exp: now + 60 })
    await scene.refuse({ token: stranger }, { code: 'token.key_unknown', ...REFUSED })
    assert.equal(provider.requests('/jwks'), 2)
    await scene.pass({ token: old })
  })
  await t.test('without overlap the first token of the new key finds it once the cool-down is over', async () => {
    const between = await provider.issue()
    await rotate(third)
    clock.advance(30_000)
    await passAsBilling(scene, await provider.issue())
    assert.equal(provider.requests('/jwks'), 3)
    for (const token of [old, between]) await scene.refuse({ token }, { code: 'token.key_unknown', ...REFUSED })
    await passAsBilling(scene, await provider.issue())
  })
})

test('while it is down its keys serve on, and after a restart of the gateway from disk', async t => {
  const provider = await startOpenIdProvider(t)
  const state = makeFolder(t)
  const top = `state_dir: "${state}"`
  const clock = createTestClock(Date.now())
  const scene = await openBeside(t, provider, { top, clock })
  const token = await provider.issue()
  const other = await provider.issue()
  await scene.pass({ token })
  await until(() => readdirSync(state).some(name => name.startsWith('key-set.')), 'the copy')
  await provider.stop()

  await t.test('for tokens that were seen, for others, and after a fetch that failed', async () => {
    await scene.pass({ token })
    // The keys are fresh for a quarter of an hour at most, the tokens good for five minutes.
    clock.advance(200_000)
    const stranger = await createTestKey('ES256').sign({ iss: provider.issuer, exp: clock.seconds() + 60 })
    await scene.refuse({ token: stranger }, { code: 'keys.unavailable', facts: { authServer: 'idp' } })
    await passAsBilling(scene, other)
  })
  await scene.gateway.gateway.stop()

  await t.test('a gateway that starts meanwhile takes the copy', async st => {
    const second = await openBeside(st, provider, { top })
    await passAsBilling(second, token)
    await second.refuse({ token: forge(token) }, { code: 'token.signature_invalid', ...REFUSED })
    assert.partialDeepStrictEqual(second.gateway.gateway.view.authServers(), [{ keys: { keys: 1, restored: true } }])
    await provider.start([createTestKey('ES256')])
    await passAsBilling(second, await provider.issue())
    await second.refuse({ token }, { code: 'token.key_unknown', ...REFUSED })
    await provider.stop()
  })
  await t.test('without a copy it is our lack', async st => {
    const cold = await openBeside(st, provider)
    await cold.refuse({ token }, { code: 'keys.unavailable', facts: { authServer: 'idp' } })
  })
})

test('it is asked about opaque tokens: who calls, audience, scopes, and what was revoked', async t => {
  const provider = await startOpenIdProvider(t)
  const scene = await openBeside(t, provider, {
    remote: `${BASIC}, cache: 0s, inactive_cache: 0s`,
    rules: [OAUTH2_RULE],
  })
  const opaque = (plan: Parameters<OpenIdProvider['issue']>[0] = {}): Promise<string> =>
    provider.issue({ ...plan, format: 'opaque' })
  const token = await opaque()
  await passAsBilling(scene, token)
  await scene.refuseAll(t, [
    { name: 'nothing presented', call: {}, code: 'credentials.missing', challenge: ['Bearer realm="orders"'] },
    { name: 'one that nobody issued', call: { token: 'x'.repeat(43) }, code: 'token.inactive', ...REFUSED },
    {
      name: 'one for another audience',
      call: { token: await opaque({ audience: 'invoices' }) },
      code: 'token.audience_rejected',
      ...REFUSED,
    },
    {
      name: 'one of another application',
      call: { token: await opaque({ client: 'shipping-batch' }) },
      code: 'application.unidentified',
    },
    {
      name: 'one without the scope of its route',
      call: { method: 'DELETE', path: '/orders/v1/items/7', token },
      code: 'scope.insufficient',
      challenge: 'insufficient_scope',
    },
  ])
  await t.test('revoked there, it is refused here', async () => {
    await provider.revoke(token)
    await scene.refuse({ token }, { code: 'token.inactive', ...REFUSED })
  })
  await t.test('JWTs, which it answers with 400, shut nobody else out', async () => {
    for (let i = 0; i < 5; i++) {
      const jwt = await provider.issue()
      await scene.refuse({ token: jwt }, { code: 'introspection.unavailable', facts: { reason: 'status 400' } })
    }
    await passAsBilling(scene, await opaque())
  })
  await t.test('a provider that is down is our outage, and the same token passes once it is back', async () => {
    const next = await opaque()
    await provider.stop()
    await scene.refuse({ token: next }, { code: 'introspection.unavailable', facts: { authServer: 'idp' } })
    await provider.start()
    await passAsBilling(scene, next)
  })
})

test('every way to say who asks is understood, and a wrong secret is our outage, never the caller’s 401', async t => {
  const { key, cert } = makeCertificate('DNS:gateway')
  const jwk = await exportJWK(createPublicKey(cert))
  const provider = await startOpenIdProvider(t, { assertionKey: { ...jwk, kid: await calculateJwkThumbprint(jwk) } })
  const token = await provider.issue({ format: 'opaque' })
  const security =
    'keystores: [ { name: edge, entries: [ { alias: client, certificate: client.crt, private_key: client.key } ] } ]'
  const plan = { files: { 'client.key': key, 'client.crt': cert }, security, rules: [OAUTH2_RULE] }
  const secret = `clientSecret: "${CLIENT_SECRET}"`
  const ways = {
    basic: BASIC,
    post: `clientId: gateway-post, ${secret}, client_authentication: post`,
    private_key_jwt: 'clientId: gateway-key, client_authentication: private_key_jwt, keyStoreAlias: edge',
    'basic, and a signed answer': `${BASIC}, signed_answers: required`,
  }
  for (const [name, remote] of Object.entries(ways)) {
    await t.test(name, async st => passAsBilling(await openBeside(st, provider, { ...plan, remote }), token))
  }
  await t.test('a wrong secret', async st => {
    const remote = 'clientId: gateway, clientSecret: "not the secret"'
    const scene = await openBeside(st, provider, { ...plan, remote })
    const reason = 'status 401'
    await scene.refuse({ token }, { code: 'introspection.unavailable', facts: { authServer: 'idp', reason } })
    assert.ok(scene.gateway.log.some(line => line.level === 'error' && line['reason'] === reason))
  })
})

test('JWTs and opaque tokens pass side by side, each judged in its own way', async t => {
  const provider = await startOpenIdProvider(t)
  const scene = await openBeside(t, provider, { remote: BASIC, rules: [JWT_RULE, OAUTH2_RULE] })
  const [jwt, opaque] = [await provider.issue(), await provider.issue({ format: 'opaque' })]
  const asked = (): number => provider.requests('/token/introspection')
  await passAsBilling(scene, jwt)
  assert.equal(asked(), 0, 'nobody asks about a JWT')
  await passAsBilling(scene, opaque)
  assert.equal(asked(), 1)
  await scene.refuse({ token: forge(jwt) }, { code: 'token.signature_invalid', ...REFUSED })
  assert.equal(asked(), 1, 'a JWT that is no good is not asked about')
  await scene.refuse({ token: `${opaque.slice(1)}x` }, { code: 'token.inactive', ...REFUSED })
  for (const format of ['jwt', 'opaque'] as const) {
    const token = await provider.issue({ format, audience: 'invoices' })
    await scene.refuse({ token }, { code: 'token.audience_rejected', ...REFUSED })
    const weak = await provider.issue({ format, scope: 'orders:write' })
    await scene.refuse({ token: weak }, { code: 'scope.insufficient', challenge: 'insufficient_scope' })
  }
})

test('its tokens that are bound to a key are nothing without a proof of that key', async t => {
  const provider = await startOpenIdProvider(t)
  const scene = await openBeside(t, provider, { remote: BASIC, rules: [JWT_RULE, OAUTH2_RULE] })
  const [proof, another] = [createTestKey('ES256'), createTestKey('ES256')]
  for (const format of ['jwt', 'opaque'] as const) {
    await t.test(format, async () => {
      const token = await provider.issue({ format, proof })
      const plan = { htu: `${scene.gateway.url}/orders/v1/items`, token }
      const present = (dpop: string) => ({ lines: ['Authorization', `DPoP ${token}`, 'DPoP', dpop] })
      const { record } = await scene.pass(present(await makeProof(proof, plan)))
      assert.equal(record['microgateway.application'], 'billing')
      await scene.refuse(
        { token },
        {
          code: 'token.proof_required',
          challenge: [
            'Bearer realm="orders", error="invalid_token", error_description="The token is bound to a key and needs a DPoP proof"',
            `DPoP realm="orders", ${ALGS}`,
          ],
        },
      )
      await scene.refuse(present(await makeProof(another, plan)), {
        code: 'token.binding_mismatch',
        challenge: [
          `DPoP realm="orders", error="invalid_token", error_description="The token is bound to another key than the DPoP proof", ${ALGS}`,
        ],
      })
    })
  }
})
