/** Product.md 4: rules joined by `or` and `and`, anonymous callers, and the bad credential that no rule outweighs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePasswordHash } from '../support/password-hash.ts'
import { openScene, type Places, type Refusal } from '../support/scene.ts'

const hash = makePasswordHash('pw')

const api = (upstream: string, name: string, body: string): string =>
  `  - { name: ${name}, upstream: "${upstream}", policies: [ identify_and_authorize: ${body} ] }`

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
trusted_proxies: [ 127.0.0.0/8 ]
users: [ { name: alice, password_hash: "${hash}" } ]
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}", audience: orders } }
    - { name: second, localIntrospectionConfig: { issuer: second, jwksuri: "${jwksUri}" } }
applications:
  - id: billing
    name: billing
    apis: [ either, both, two, guests, together ]
    identifiers: { claim_sets: [ { sub: billing } ], api_keys: [ key-b ], users: [ alice ], ip_ranges: [ 10.0.0.0/24 ] }
  - { id: shipping, name: shipping, apis: [ either, both ], identifiers: { claim_sets: [ { sub: shipping } ], api_keys: [ key-s ] } }
  - { id: foreign, name: foreign, identifiers: { claim_sets: [ { sub: foreign } ], api_keys: [ key-f ] } }
apis:
${api(upstream, 'either', '{ rules: [ { jwt: {} }, { api_key: {} }, { http_basic: {} }, { ip_range: {} } ] }')}
${api(upstream, 'both', '{ condition: and, rules: [ { jwt: {} }, { api_key: {} } ] }')}
${api(upstream, 'two', '{ rules: [ { jwt: { auth_servers: [ idp ] } }, { jwt: { auth_servers: [ second ], audience: required }, applications: none } ] }')}
${api(upstream, 'guests', '{ allow_anonymous: true, rules: [ { jwt: {} }, { api_key: {} } ] }')}
${api(upstream, 'together', '{ condition: and, allow_anonymous: true, rules: [ { api_key: {} }, { ip_range: {} } ] }')}
`

test('rules', async t => {
  const scene = await openScene(t, { settings })
  const { keys } = scene
  const [billing, shipping, foreign, nobody] = await Promise.all(
    ['billing', 'shipping', 'foreign', 'nobody'].map(sub => keys.sign({ sub })),
  )
  const expired = await keys.sign({ sub: 'billing', exp: 1 })
  assert.ok(billing !== undefined && shipping !== undefined && foreign !== undefined && nobody !== undefined)
  const nameOf = async (call: Parameters<typeof scene.pass>[0]): Promise<unknown> =>
    (await scene.pass(call)).record['microgateway.application']
  const fromOffice = ['X-Forwarded-For', '10.0.0.7']
  const badKey = (realm: string): Refusal => ({ code: 'credentials.invalid', challenge: [`ApiKey realm="${realm}"`] })
  const expiredAt = (realm: string): Refusal => ({ code: 'token.expired', challenge: 'invalid_token', realm })

  await t.test('joined by or: any credential is enough', async () => {
    const path = '/either'
    assert.equal(await nameOf({ path, token: billing }), 'billing')
    assert.equal(await nameOf({ path, apiKey: 'key-s' }), 'shipping')
    assert.equal(await nameOf({ path, basic: 'alice:pw' }), 'billing')
    assert.equal(await nameOf({ path, lines: fromOffice }), 'billing')
  })
  await t.test('joined by or: the first in file order decides among good ones', async () => {
    assert.equal(await nameOf({ path: '/either', token: billing, apiKey: 'key-s' }), 'billing')
    assert.equal(await nameOf({ path: '/either', token: shipping, apiKey: 'key-b', lines: fromOffice }), 'shipping')
    assert.equal(await nameOf({ path: '/either', basic: 'alice:pw', apiKey: 'key-s' }), 'shipping')
  })
  await t.test('joined by or: a valid credential without an eligible application yields to the next', async () => {
    assert.equal(await nameOf({ path: '/either', token: nobody, apiKey: 'key-s' }), 'shipping')
    assert.equal(await nameOf({ path: '/either', token: foreign, lines: fromOffice }), 'billing')
    await scene.refuse({ path: '/either', token: nobody }, { code: 'application.unidentified' })
    await scene.refuse({ path: '/either', token: foreign }, { code: 'application.not_registered' })
    await scene.refuse({ path: '/either', apiKey: 'key-f' }, { code: 'application.not_registered' })
  })
  await t.test('joined by or: a bad credential refuses, whatever good one stands beside it', async () => {
    const path = '/either'
    await scene.refuse({ path, token: billing, apiKey: 'wrong' }, badKey('either'))
    await scene.refuse({ path, token: expired, apiKey: 'key-b' }, expiredAt('either'))
    await scene.refuse({ path, apiKey: 'wrong', lines: fromOffice }, badKey('either'))
    await scene.refuse({ path, token: expired, lines: fromOffice }, expiredAt('either'))
    await scene.refuse(
      { path, token: 'x', apiKey: 'key-b' },
      { code: 'token.malformed', challenge: 'invalid_token', realm: path.slice(1) },
    )
    await scene.refuse(
      { path, basic: 'alice:wrong', apiKey: 'key-b' },
      { code: 'credentials.invalid', challenge: ['Basic realm="either", charset="UTF-8"'] },
    )
  })
  await t.test('joined by or: an unknown scheme counts as nothing', async () => {
    assert.equal(await nameOf({ path: '/either', apiKey: 'key-s', lines: ['Authorization', 'Digest x'] }), 'shipping')
  })

  await t.test('joined by and: all must pass and name one application', async () => {
    const path = '/both'
    assert.equal(await nameOf({ path, token: billing, apiKey: 'key-b' }), 'billing')
    await scene.refuse({ path, token: billing, apiKey: 'key-s' }, { code: 'application.mismatch' })
    const missing: Refusal = {
      code: 'credentials.missing',
      challenge: ['Bearer realm="both"', 'ApiKey realm="both"'],
    }
    await scene.refuse({ path, token: billing }, missing)
    await scene.refuse({ path, apiKey: 'key-b' }, missing)
    await scene.refuse({ path }, missing)
    await scene.refuse({ path, token: billing, apiKey: 'wrong' }, badKey('both'))
    await scene.refuse({ path, token: expired, apiKey: 'key-b' }, expiredAt('both'))
    await scene.refuse({ path, token: nobody, apiKey: 'key-b' }, { code: 'application.unidentified' })
    await scene.refuse({ path, token: billing, apiKey: 'key-f' }, { code: 'application.not_registered' })
  })

  await t.test('for tokens, two of them: each judges those of its own issuers by its own terms', async () => {
    const path = '/two'
    assert.equal(await nameOf({ path, token: billing }), 'billing')
    assert.equal(await nameOf({ path, token: await keys.sign({ iss: 'second', aud: '/two' }) }), undefined)
    await scene.refuse(
      { path, token: await keys.sign({ iss: 'second' }) },
      { code: 'token.claim_missing', challenge: 'invalid_token', realm: 'two' },
    )
    await scene.refuse({ path, token: nobody }, { code: 'application.unidentified' })
  })

  await t.test('that allow anonymous callers: nothing, and a valid credential of nobody, pass', async () => {
    const path = '/guests'
    assert.equal(await nameOf({ path }), undefined)
    assert.equal(await nameOf({ path, token: billing }), 'billing')
    assert.equal(await nameOf({ path, token: nobody }), undefined)
    assert.equal(await nameOf({ path, lines: ['Authorization', 'Digest x'] }), undefined)
  })
  await t.test('that allow anonymous callers: never a bad credential', async () => {
    const path = '/guests'
    const token = { challenge: 'invalid_token', realm: 'guests' } as const
    await scene.refuse({ path, token: expired }, expiredAt('guests'))
    await scene.refuse({ path, token: 'a.b.c' }, { code: 'token.malformed', ...token })
    await scene.refuse({ path, token: await keys.sign({ iss: 'evil' }) }, { code: 'token.issuer_unknown', ...token })
    await scene.refuse({ path, token: await keys.sign({ aud: 'x' }) }, { code: 'token.audience_rejected', ...token })
    await scene.refuse({ path, apiKey: 'wrong' }, badKey('guests'))
    await scene.refuse({ path, token: billing, apiKey: 'wrong' }, badKey('guests'))
    await scene.refuse(
      { path, lines: ['Authorization', 'Bearer'] },
      { code: 'credentials.malformed', challenge: 'invalid_request', realm: 'guests' },
    )
  })
  await t.test('joined by and, that allow anonymous callers: half of the credentials is not anonymous', async () => {
    assert.equal(await nameOf({ path: '/together' }), undefined)
    assert.equal(await nameOf({ path: '/together', apiKey: 'key-b', lines: fromOffice }), 'billing')
    await scene.refuse({ path: '/together', apiKey: 'key-b' }, { code: 'application.unidentified' })
  })
})
