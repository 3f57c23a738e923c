/**
 * `active: false` takes an API out: 404 (product.md section 4). Its base path was given up with its routes, and an API with a
 * shorter base path, here an open one, answered in its place.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

test('no wider API answers in place of one that is not active', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const { url } = await openGateway(t, {
    settings: `
apis:
  - { name: all, base_path: /, upstream: "${upstream.origin}", open: true }
  - { name: orders, upstream: "${upstream.origin}", open: true, active: false }
`,
  })
  for (const path of ['/orders', '/orders/v1']) {
    const answer = await fetch(url + path)
    assert.equal(answer.status, 404)
    assert.equal(((await answer.json()) as { code: string }).code, 'route.not_found')
  }
  assert.equal(upstream.requests.length, 0)
  assert.equal((await fetch(`${url}/ordersheet`)).status, 200)
})
