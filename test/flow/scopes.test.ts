/** Product.md 4, step 8: scopes that a route, its API and the scope mappings ask for add up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScene, type Places } from '../support/scene.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
applications:
  - { id: billing, name: billing, apis: [ orders ], identifiers: { api_keys: [ key-b ], claim_sets: [ { sub: billing } ] } }
scope_mappings:
  - { scope: "orders:write", apis: [ orders ], routes: [ POST /v1/items, "ANY /v1/items/{id}" ] }
  - { scope: "orders:purge", apis: [ orders ], routes: [ POST /v1/items ] }
apis:
  - name: orders
    upstream: "${upstream}"
    policies:
      - identify_and_authorize: { allow_anonymous: true, rules: [ { jwt: {} }, { api_key: {} } ] }
      - require_scopes: { all: [ "orders:use" ] }
    routes:
      - { match: POST /v1/items }
      - { match: "ANY /v1/items/{id}", policies: [ require_scopes: { any: [ a, b ] } ] }
      - { match: "GET /both", policies: [ require_scopes: { all: [ a, b ] } ] }
      - { match: ANY /* }
`

test('the scopes of a token are judged', async t => {
  const scene = await openScene(t, { settings })
  const mint = (scope: unknown, more = {}): Promise<string> => scene.keys.sign({ scope, ...more })
  const refused = { code: 'scope.insufficient', challenge: 'insufficient_scope' } as const
  const scopeOf = (lines: readonly string[] | undefined): string | undefined =>
    /scope="([^"]*)"/.exec(lines?.[0] ?? '')?.[1]

  await t.test('with all that is asked for it passes', async () => {
    await scene.pass({ path: '/orders', token: await mint('orders:use') })
    await scene.pass({ path: '/orders/both', token: await mint('a orders:use b') })
    await scene.pass({ path: '/orders/both', token: await mint(['a', 'orders:use', 'b']) })
    await scene.pass({ path: '/orders/both', token: await mint('a', { scp: ['orders:use', 'b'] }) })
    await scene.pass({ path: '/orders/v1/items/7', token: await mint('b orders:use orders:write') })
  })

  const short: readonly (readonly [string, string, string, unknown, string])[] = [
    ['without any scope', 'GET', '/orders', undefined, 'orders:use'],
    ['with an empty scope', 'GET', '/orders', '', 'orders:use'],
    ['with a scope in another case', 'GET', '/orders', 'Orders:Use', 'orders:use'],
    ['with a scope that only begins alike', 'GET', '/orders', 'orders:use2', 'orders:use'],
    ['with scopes split by commas', 'GET', '/orders', 'orders:use,a', 'orders:use'],
    ['with an object as scope', 'GET', '/orders', { 'orders:use': true }, 'orders:use'],
    ['with one of two', 'GET', '/orders/both', 'orders:use a', 'a b'],
    ['with none of which one is enough', 'GET', '/orders/v1/items/7', 'orders:use orders:write', 'a b'],
    ['without that of the API', 'GET', '/orders/both', 'a b', 'orders:use'],
    ['without that of a mapping', 'GET', '/orders/v1/items/7', 'orders:use a', 'orders:write'],
  ]
  for (const [name, method, path, scope, wanted] of short) {
    await t.test(`${name} it is refused, and told which would do`, async () => {
      const answer = await scene.refuse({ method, path, token: await mint(scope) }, refused)
      assert.equal(scopeOf(answer.fields.get('www-authenticate')), wanted)
    })
  }
  await t.test('of two mappings for one route either is enough, and none is not', async () => {
    const call = { method: 'POST', path: '/orders/v1/items' }
    await scene.pass({ ...call, token: await mint('orders:use orders:purge') })
    await scene.pass({ ...call, token: await mint('orders:use orders:write') })
    const answer = await scene.refuse({ ...call, token: await mint('orders:use') }, refused)
    assert.equal(scopeOf(answer.fields.get('www-authenticate')), 'orders:write orders:purge')
  })
  await t.test('and without a token nobody has any: 403, also for an API key and for anonymous callers', async () => {
    await scene.refuse({ apiKey: 'key-b' }, refused)
    await scene.refuse({}, refused)
  })
})
