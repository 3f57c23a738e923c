/** Product.md 4, routing: hosts, base paths at segment boundaries, templates from specific to general, methods. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../support/call.ts'
import { openScene, type Places, type RefusedCall } from '../support/scene.ts'

const settings = ({ upstream }: Places): string => `
apis:
  - name: orders
    upstream: "${upstream}"
    open: true
    routes:
      - { match: "GET /v1/items/{id}" }
      - { match: GET /v1/items/special }
      - { match: "PUT /v1/items/{id}" }
      - { match: "ANY /v1/*" }
      - { match: POST /v2/things }
      - { match: "GET /v2/{a}/x/{b}" }
      - { match: "DELETE /*" }
  - { name: deeper, base_path: /orders/v9, upstream: "${upstream}", open: true }
  - { name: asleep, upstream: "${upstream}", open: true, active: false }
  - { name: hosted, base_path: /h, hosts: [ h.example.com ], upstream: "${upstream}", open: true }
  - { name: wild, base_path: /h, hosts: [ "*.example.com" ], upstream: "${upstream}", open: true }
`

test('a request finds the most specific route that it fits', async t => {
  const scene = await openScene(t, { settings })
  const found: readonly (readonly [Call, string])[] = [
    [{ path: '/orders/v1/items/7' }, '/orders/v1/items/{id}'],
    [{ path: '/orders/v1/items/7/' }, '/orders/v1/items/{id}'],
    [{ path: '/orders/v1/items/special' }, '/orders/v1/items/special'],
    [{ path: '/orders/v1/items/special/' }, '/orders/v1/items/special'],
    [{ path: '/orders/v1/items/s%70ecial' }, '/orders/v1/items/special'],
    [{ path: '/orders/v1/items/Special' }, '/orders/v1/items/{id}'],
    [{ method: 'HEAD', path: '/orders/v1/items/special' }, '/orders/v1/items/special'],
    [{ method: 'PUT', path: '/orders/v1/items/special' }, '/orders/v1/items/{id}'],
    [{ method: 'PATCH', path: '/orders/v1/items/7' }, '/orders/v1/*'],
    [{ path: '/orders/v1/items' }, '/orders/v1/*'],
    [{ path: '/orders/v1/items/7/parts' }, '/orders/v1/*'],
    [{ path: '/orders/v1' }, '/orders/v1/*'],
    [{ path: '/orders/v1/' }, '/orders/v1/*'],
    [{ method: 'POST', path: '/orders/v2/things' }, '/orders/v2/things'],
    [{ path: '/orders/v2/p/x/q' }, '/orders/v2/{a}/x/{b}'],
    [{ method: 'DELETE', path: '/orders' }, '/orders/*'],
    [{ method: 'DELETE', path: '/orders/v2/things' }, '/orders/*'],
    [{ path: '/orders/v9/items' }, '/orders/v9/*'],
    [{ path: '/orders/v9' }, '/orders/v9/*'],
    [{ path: '/h/x', host: 'h.example.com' }, '/h/*'],
    [{ path: '/h/x', host: 'H.Example.COM:8443' }, '/h/*'],
    [{ path: '/h/x', host: 'a.b.example.com' }, '/h/*'],
  ]
  for (const [call, template] of found) {
    await t.test(`${call.method ?? 'GET'} ${call.host ?? ''}${call.path} is ${template}`, async () => {
      const { record, seen } = await scene.pass(call)
      assert.equal(record['http.route'], template)
      assert.equal(seen.method, call.method ?? 'GET')
    })
  }
  await t.test('of two hosts that fit, the exact one', async () => {
    const { record } = await scene.pass({ path: '/h', host: 'h.example.com' })
    assert.equal(record['microgateway.api'], 'hosted')
  })

  const missing = (path: string, more: Partial<Call> = {}): RefusedCall => ({
    name: `${more.host ?? ''}${path} is nowhere`,
    call: { path, ...more },
    code: 'route.not_found',
  })
  await scene.refuseAll(t, [
    missing('/'),
    missing('/orders2/v1'),
    missing('/order'),
    missing('/Orders/v1'),
    missing('/orders-v1'),
    missing('/asleep'),
    missing('/asleep/x'),
    missing('/h/x'),
    missing('/h/x', { host: 'example.com' }),
    missing('/h/x', { host: 'h.example.com.evil.com' }),
    missing('/health/ready'),
    missing('/metrics'),
  ])
  await t.test('/orders/v2 with the parameter empty has no route', async () => {
    const answer = await scene.refuse({ path: '/orders/v2/p/x' }, { code: 'route.method_not_allowed' })
    assert.equal(answer.field('allow'), 'DELETE')
  })
  await t.test('a known path with another method is 405 and told which there are', async () => {
    const refusal = { code: 'route.method_not_allowed' } as const
    const answer = await scene.refuse({ method: 'PUT', path: '/orders/v2/things' }, refusal)
    assert.deepEqual(answer.field('allow')?.split(', ').sort(), ['DELETE', 'POST'])
    const other = await scene.refuse({ method: 'POST', path: '/orders/v2/p/x/q' }, refusal)
    assert.deepEqual(other.field('allow')?.split(', ').sort(), ['DELETE', 'GET', 'HEAD'])
  })
})

test('where every API names its hosts, another host is 421', async t => {
  const hosted = ({ upstream }: Places): string => `
apis:
  - { name: orders, hosts: [ h.example.com, "*.example.org" ], upstream: "${upstream}", open: true }
`
  const scene = await openScene(t, { settings: hosted })
  await scene.pass({ path: '/orders', host: 'h.example.com' })
  await scene.pass({ path: '/orders', host: 'x.example.org:8080' })
  await scene.refuse({ path: '/orders', host: 'evil.example.com' }, { code: 'request.misdirected' })
  await scene.refuse({ path: '/orders', host: 'example.org' }, { code: 'request.misdirected' })
  await scene.refuse({ path: '/nowhere', host: 'h.example.com' }, { code: 'route.not_found' })
})

test('an API at the root takes what no other takes, and never the paths of the gateway', async t => {
  const rooted = ({ upstream }: Places): string => `
apis:
  - { name: all, base_path: /, upstream: "${upstream}", open: true }
  - { name: orders, upstream: "${upstream}", open: true }
`
  const scene = await openScene(t, { settings: rooted })
  const apiOf = async (path: string): Promise<unknown> => (await scene.pass({ path })).record['microgateway.api']
  assert.equal(await apiOf('/'), 'all')
  assert.equal(await apiOf('/orders2'), 'all')
  assert.equal(await apiOf('/orders/x'), 'orders')
  const keys = await scene.call({ path: '/.well-known/jwks.json' })
  assert.deepEqual(keys.json(), { keys: [] })
})
