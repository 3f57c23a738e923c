/** Product.md 4, steps 5 and 7: claim sets, the four lookups, ties, suspension, and whose tokens may name an application. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScene, type Places } from '../support/scene.ts'

const api = (upstream: string, lookup: string): string =>
  `  - { name: ${lookup}, upstream: "${upstream}", policies: [ identify_and_authorize: { rules: [ { jwt: {}, applications: ${lookup} } ] } ] }`

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
    - { name: partner, localIntrospectionConfig: { issuer: partner, jwksuri: "${jwksUri}" } }
applications:
  - id: billing
    name: billing-batch
    apis: [ registered, none ]
    identifiers: { claim_sets: [ { sub: billing, tenant: acme }, { client_id: [ b1, b2 ], level: 1 }, { org.unit: finance } ] }
  - { id: listed, name: listed, apis: [ registered ], auth_servers: [ partner ], identifiers: { claim_sets: [ { sub: listed } ] } }
  - { id: elsewhere, name: elsewhere, apis: [ global ], identifiers: { claim_sets: [ { sub: elsewhere }, { role: shared } ] } }
  - { id: shut, name: shut, suspended: true, apis: [ registered ], identifiers: { claim_sets: [ { sub: shut } ] } }
  - { id: one, name: one, apis: [ registered ], identifiers: { claim_sets: [ { group: a }, { scope: "orders:read" } ] } }
  - { id: two, name: two, apis: [ registered ], identifiers: { claim_sets: [ { group: b }, { group: a, extra: true } ] } }
apis:
${['registered', 'global', 'global_or_default', 'none'].map(lookup => api(upstream, lookup)).join('\n')}
`

const REGISTERED = '/registered/x'

test('the claims of a token name an application', async t => {
  const scene = await openScene(t, { settings })
  const mint = (claims: Record<string, unknown>): Promise<string> => scene.keys.sign(claims)
  const nobody = { code: 'application.unidentified', realm: 'registered' } as const

  const named: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['that hold all claims of a set', { sub: 'billing', tenant: 'acme' }, 'billing'],
    ['that hold all claims of another set', { client_id: 'b2', level: 1 }, 'billing'],
    ['nested, by a path', { org: { unit: 'finance' } }, 'billing'],
    ['of the literal name with a dot', { 'org.unit': 'finance' }, 'billing'],
    ['of an array, by membership', { client_id: ['x', 'b1'], level: 1 }, 'billing'],
    ['of a scope, by its words', { scope: 'openid orders:read' }, 'one'],
    ['of two sets, the one with most claims wins', { group: 'a', extra: true }, 'two'],
    ['of an auth server that may name it', { iss: 'partner', sub: 'listed' }, 'listed'],
  ]
  for (const [name, claims, application] of named) {
    await t.test(name, async () => {
      const { record } = await scene.pass({ path: REGISTERED, token: await mint(claims) })
      assert.equal(record['microgateway.application'], application)
    })
  }

  const unnamed: readonly (readonly [string, Record<string, unknown>])[] = [
    ['one claim of a set is missing', { sub: 'billing' }],
    ['one claim of a set differs', { sub: 'billing', tenant: 'ACME' }],
    ['half of one set and half of another match', { sub: 'billing', level: 1 }],
    ['a number is written as a string', { client_id: 'b1', level: '1' }],
    ['true stands for one', { client_id: 'b1', level: true }],
    ['the literal claim with the dot says otherwise', { 'org.unit': 'sales', org: { unit: 'finance' } }],
    ['the path would lead through an array', { org: [{ unit: 'finance' }] }],
    ['another issuer than those that may name it says so', { sub: 'listed' }],
    ['no claim means anything to us', { sub: 'nobody' }],
    ['no claim is there at all', {}],
  ]
  for (const [name, claims] of unnamed) {
    await t.test(`and none where ${name}`, async () => {
      await scene.refuse({ path: REGISTERED, token: await mint(claims) }, nobody)
    })
  }

  await t.test('and where two match alike, nobody is chosen', async () => {
    const answer = await scene.refuse(
      { path: REGISTERED, token: await mint({ group: ['a', 'b'] }) },
      { code: 'application.ambiguous', facts: { candidates: 'one two' } },
    )
    assert.equal(answer.json()['code'], 'application.denied')
    assert.ok(!/one|two/.test(answer.body), 'the caller learns no name')
  })
  await t.test('and where it is suspended, nothing else counts', async () => {
    for (const path of [REGISTERED, '/global', '/global_or_default']) {
      const refusal = { code: 'application.suspended', facts: { application: 'shut' } } as const
      await scene.refuse({ path, token: await mint({ sub: 'shut' }) }, refusal)
    }
  })
  await t.test('and where it is registered for another API, the log says so', async () => {
    const refusal = { code: 'application.not_registered', facts: { application: 'elsewhere' } } as const
    await scene.refuse({ path: REGISTERED, token: await mint({ sub: 'elsewhere' }) }, refusal)
  })
  await t.test('and an application of another API is no rival', async () => {
    const { record } = await scene.pass({ path: REGISTERED, token: await mint({ role: 'shared', group: 'b' }) })
    assert.equal(record['microgateway.application'], 'two')
  })
})

test('the lookup says which applications count', async t => {
  const scene = await openScene(t, { settings })
  const known = await scene.keys.sign({ sub: 'billing', tenant: 'acme' })
  const unknown = await scene.keys.sign({ sub: 'nobody' })
  const nameOf = async (path: string, token: string): Promise<unknown> =>
    (await scene.pass({ path, token })).record['microgateway.application']

  await t.test('global: any application, and none is 403', async () => {
    assert.equal(await nameOf('/global', known), 'billing')
    await scene.refuse({ path: '/global', token: unknown }, { code: 'application.unidentified' })
  })
  await t.test('global_or_default: any application, or the default one', async () => {
    assert.equal(await nameOf('/global_or_default', known), 'billing')
    assert.equal(await nameOf('/global_or_default', unknown), 'sys:defaultApplication')
  })
  await t.test('none: the token has to be valid, and names nobody', async () => {
    assert.equal(await nameOf('/none', known), undefined)
    assert.equal(await nameOf('/none', unknown), undefined)
  })
  await t.test('each of them: no token is 401', async () => {
    for (const name of ['registered', 'global', 'global_or_default', 'none']) {
      await scene.refuse({ path: `/${name}` }, { code: 'credentials.missing', challenge: [`Bearer realm="${name}"`] })
    }
  })
})
