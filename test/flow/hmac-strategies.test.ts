/** Product.md 4, step 3: unverified claims may choose an HMAC key and nothing else; the token identifies the owner of the key. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScene, type Places } from '../support/scene.ts'
import { signWithSecret } from '../support/test-key.ts'

const secretOf = (letter: string, bytes = 32): Buffer => Buffer.alloc(bytes, letter)
const [BILLING, SHIPPING, LONG, SHUT] = [secretOf('b'), secretOf('s'), secretOf('l', 64), secretOf('x')]

const strategy = (name: string, secret: Buffer, more = ''): string =>
  `{ name: ${name}, authServerAlias: partner, secret: "${secret.toString('base64')}"${more} }`

const settings = ({ upstream, jwksUri }: Places): string => `
security_settings:
  auth_servers:
    - { name: partner, localIntrospectionConfig: { issuer: partner } }
    - { name: other, localIntrospectionConfig: { issuer: other, jwksuri: "${jwksUri}" } }
applications:
  - id: billing
    name: billing
    apis: [ orders ]
    identifiers: { claim_sets: [ { sub: billing, tenant: acme } ] }
    strategies: [ ${strategy('b', BILLING, ', audience: orders-hmac')} ]
  - id: shipping
    name: shipping
    apis: [ orders ]
    identifiers: { claim_sets: [ { sub: shipping } ] }
    strategies: [ ${strategy('s', SHIPPING)}, ${strategy('s-long', LONG, ', algorithm: HS512')} ]
  - id: shut
    name: shut
    suspended: true
    apis: [ orders ]
    identifiers: { claim_sets: [ { sub: shut } ] }
    strategies: [ ${strategy('x', SHUT)} ]
  - { id: foreign, name: foreign, identifiers: { claim_sets: [ { sub: foreign } ] }, strategies: [ ${strategy('f', secretOf('f'))} ] }
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { jwt: { auth_servers: [ partner ] } } ] } ]
  - { name: bare, upstream: "${upstream}", policies: [ jwt: [ partner, other ] ] }
`

const mint = (claims: object, secret: Uint8Array, alg = 'HS256'): Promise<string> =>
  signWithSecret({ iss: 'partner', exp: 4e9, ...claims }, secret, { alg })

test('a token signed with the secret of an application’s strategy', async t => {
  const scene = await openScene(t, { settings })
  const acme = { sub: 'billing', tenant: 'acme' }

  await t.test('identifies that application', async () => {
    const { record } = await scene.pass({ token: await mint(acme, BILLING) })
    assert.equal(record['microgateway.application'], 'billing')
    assert.equal(record['microgateway.auth_server'], 'partner')
  })
  await t.test('may have the audience of the strategy, and no other', async () => {
    await scene.pass({ token: await mint({ ...acme, aud: 'orders-hmac' }, BILLING) })
    await scene.refuse(
      { token: await mint({ ...acme, aud: 'orders' }, BILLING) },
      { code: 'token.audience_rejected', challenge: 'invalid_token' },
    )
    await scene.refuse(
      { token: await mint({ sub: 'shipping', aud: 'orders-hmac' }, SHIPPING) },
      { code: 'token.audience_rejected', challenge: 'invalid_token' },
    )
  })
  await t.test('of each algorithm uses the secret of that algorithm only', async () => {
    await scene.pass({ token: await mint({ sub: 'shipping' }, LONG, 'HS512') })
    await scene.refuse(
      { token: await mint({ sub: 'shipping' }, SHIPPING, 'HS384') },
      { code: 'token.key_unknown', challenge: 'invalid_token' },
    )
    await scene.refuse(
      { token: await mint({ sub: 'shipping' }, LONG, 'HS256') },
      { code: 'token.signature_invalid', challenge: 'invalid_token' },
    )
  })
  await t.test('is refused where its claims name one application and its key is another’s', async () => {
    await scene.refuse(
      { token: await mint({ sub: 'shipping' }, BILLING) },
      { code: 'token.signature_invalid', challenge: 'invalid_token' },
    )
  })
  await t.test('identifies the owner of the key, whatever other claims say', async () => {
    const claims = { ...acme, app_id: 'shipping', client_id: 'shipping', azp: 'shipping' }
    const { record } = await scene.pass({ token: await mint(claims, BILLING) })
    assert.equal(record['microgateway.application'], 'billing')
  })
  await t.test('identifies the owner of the key also where the claims fit two applications', async () => {
    const { record } = await scene.pass({
      token: await mint({ sub: ['billing', 'shipping'], tenant: 'acme' }, SHIPPING),
    })
    assert.equal(record['microgateway.application'], 'shipping')
  })
  await t.test('is refused where no claims choose a key', async () => {
    await scene.refuse(
      { token: await mint({ sub: 'nobody' }, BILLING) },
      { code: 'token.key_unknown', challenge: 'invalid_token' },
    )
  })
  await t.test('is refused at once where the application is suspended', async () => {
    const refusal = { code: 'application.suspended', facts: { application: 'shut' } } as const
    await scene.refuse({ token: await mint({ sub: 'shut' }, SHUT) }, refusal)
    await scene.refuse({ path: '/bare', token: await mint({ sub: 'shut' }, SHUT) }, { ...refusal, realm: 'bare' })
  })
  await t.test('is refused where the application is not registered for the API', async () => {
    await scene.refuse(
      { token: await mint({ sub: 'foreign' }, secretOf('f')) },
      { code: 'application.not_registered', facts: { application: 'foreign' } },
    )
  })
  await t.test('is judged by its times, too', async () => {
    await scene.refuse(
      { token: await mint({ ...acme, exp: 1 }, BILLING) },
      { code: 'token.expired', challenge: 'invalid_token' },
    )
  })
  await t.test('of another issuer finds no key, whoever owns the secret', async () => {
    await scene.refuse(
      { path: '/bare', token: await mint({ ...acme, iss: 'other' }, BILLING) },
      { code: 'token.key_unknown', challenge: 'invalid_token', realm: 'bare' },
    )
  })
  await t.test('names no application where the rule asks for none', async () => {
    const { record } = await scene.pass({ path: '/bare', token: await mint(acme, BILLING) })
    assert.equal(record['microgateway.application'], undefined)
  })
})

test('a secret that is changed by a reload ends the tokens of the old one', async t => {
  const scene = await openScene(t, { settings })
  const token = await mint({ sub: 'shipping' }, SHIPPING)
  await scene.pass({ token })
  const places = { upstream: scene.upstream.origin, jwksUri: scene.keys.jwksUri, issuer: scene.keys.issuer }
  const changed = settings(places).replace(SHIPPING.toString('base64'), secretOf('n').toString('base64'))
  const { result } = await scene.gateway.reload(changed)
  assert.equal(result, 'applied')
  await scene.refuse({ token }, { code: 'token.signature_invalid', challenge: 'invalid_token' })
  await scene.pass({ token: await mint({ sub: 'shipping' }, secretOf('n')) })
})
