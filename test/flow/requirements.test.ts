/** Product.md 4, step 8: `require`, a CEL expression that must come out true; whatever else it comes to is a refusal. */
import { test } from 'node:test'
import { openScene, type Places } from '../support/scene.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
trusted_proxies: [ 127.0.0.0/8 ]
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
applications:
  - { id: billing, name: billing, tier: Gold, apis: [ orders ], identifiers: { claim_sets: [ { sub: billing } ] } }
apis:
  - name: orders
    version: "1.4"
    upstream: "${upstream}"
    policies:
      - identify_and_authorize: { allow_anonymous: true, rules: [ { jwt: {} } ] }
      - require: "request.method != 'PATCH'"
    routes:
      - { match: GET /admin, policies: [ require: "'admin' in claims.roles && claims.tenant == 'acme'" ] }
      - { match: GET /level, policies: [ require: "claims.level >= 3" ] }
      - { match: GET /gold, policies: [ require: "application.tier == 'Gold'" ] }
      - { match: "GET /of/{owner}", policies: [ require: "request.parameters.owner == claims.sub" ] }
      - { match: GET /near, policies: [ require: "request.client_address == '10.0.0.7'" ] }
      - { match: GET /safe, policies: [ require: "has(claims.roles) && claims.roles.exists(r, r == 'ops')" ] }
      - { match: GET /scoped, policies: [ require: "'a' in token.scopes", require: "'b' in token.scopes" ] }
      - { match: ANY /* }
`

test('a requirement', async t => {
  const scene = await openScene(t, { settings: settings })
  const refused = { code: 'requirement.not_met' } as const
  const mint = (claims: Record<string, unknown>): Promise<string> => scene.keys.sign(claims)

  const met: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ['over claims', '/admin', { roles: ['ops', 'admin'], tenant: 'acme' }],
    ['over a number', '/level', { level: 3 }],
    ['over a fraction', '/level', { level: 3.5 }],
    ['over the application', '/gold', { sub: 'billing' }],
    ['over a parameter of the path', '/of/billing', { sub: 'billing' }],
    ['with a macro', '/safe', { roles: ['ops'] }],
  ]
  for (const [name, path, claims] of met) {
    await t.test(`${name} that is met lets the request through`, async () => {
      await scene.pass({ path: `/orders${path}`, token: await mint(claims) })
    })
  }

  const unmet: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ['that is false', '/admin', { roles: ['admin'], tenant: 'evil' }],
    ['whose claim is missing', '/admin', { tenant: 'acme' }],
    ['whose claim is null', '/admin', { roles: null, tenant: 'acme' }],
    ['whose claim has another type', '/admin', { roles: { admin: 1 }, tenant: ['acme'] }],
    ['that compares a string with a number', '/level', { level: '4' }],
    ['over a claim of the prototype', '/level', { sub: 'billing' }],
    ['over an application that is not there', '/gold', { sub: 'nobody' }],
    ['over a parameter that differs', '/of/shipping', { sub: 'billing' }],
    ['over a parameter in another case', '/of/Billing', { sub: 'billing' }],
    ['that asks before it looks', '/safe', {}],
  ]
  for (const [name, path, claims] of unmet) {
    await t.test(`${name} refuses the request`, async () => {
      const answer = await scene.refuse({ path: `/orders${path}`, token: await mint(claims) }, refused)
      t.assert.doesNotMatch(answer.body, /claims|tenant|acme|tier/, 'the caller does not learn the expression')
    })
  }

  await t.test('over claims refuses a caller without a token', async () => {
    await scene.refuse({ path: '/orders/admin' }, refused)
    await scene.refuse({ path: '/orders/gold' }, refused)
  })
  await t.test('of the API holds on every route', async () => {
    await scene.pass({ method: 'PUT', path: '/orders/any' })
    await scene.refuse({ method: 'PATCH', path: '/orders/any' }, { ...refused, facts: { reason: 'false' } })
    await scene.refuse({ method: 'PATCH', path: '/orders/level', token: await mint({ level: 9 }) }, refused)
  })
  await t.test('beside another must be met as well', async () => {
    await scene.pass({ path: '/orders/scoped', token: await mint({ scope: 'a b' }) })
    await scene.refuse({ path: '/orders/scoped', token: await mint({ scope: 'a' }) }, refused)
    await scene.refuse({ path: '/orders/scoped', token: await mint({ scope: 'b' }) }, refused)
  })
  await t.test('over the address believes a trusted proxy only', async () => {
    await scene.pass({ path: '/orders/near', lines: ['X-Forwarded-For', '10.0.0.7'] })
    await scene.refuse({ path: '/orders/near', lines: ['X-Real-IP', '10.0.0.7'] }, refused)
  })
})
