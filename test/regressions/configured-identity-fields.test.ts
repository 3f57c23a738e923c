/**
 * `claim_headers` and `backend_jwt` name fields that tell the upstream who is calling. While those features were not built, the
 * names were read and forgotten, and a caller could send the fields itself. They are removed in any spelling, on every route,
 * whether or not the feature is on (product.md section 6).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

test('a caller cannot send the fields that policies of any API set', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const { url } = await openGateway(t, {
    settings: `
apis:
  - { name: open, upstream: "${upstream.origin}", open: true }
  - name: other
    upstream: "${upstream.origin}"
    open: true
    policies: [ claim_headers: { x-user: sub } ]
    routes:
      - { match: GET /*, policies: [ backend_jwt: { header: X-Backend-Who } ] }
`,
  })
  const headers = { 'X-User': 'admin', X_User: 'admin', 'x-backend-who': 'me', x_backend_who: 'me', 'x-mine': 'stays' }
  for (const path of ['/open/a', '/other/a']) assert.equal((await fetch(url + path, { headers })).status, 200)
  for (const { lines } of upstream.requests) {
    const names = lines.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase().replaceAll('_', '-'))
    assert.ok(names.includes('x-mine'))
    assert.ok(!names.includes('x-user') && !names.includes('x-backend-who'), names.join())
  }
  assert.equal(upstream.requests.length, 2)
})
