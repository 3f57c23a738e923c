/**
 * Two loops inside each other over two claims of a signed token, 1,000 elements each: the evaluation took 390 ms, in which nobody else
 * was served. What the loops of one evaluation may do is bounded, and who goes beyond is refused.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScene } from '../support/scene.ts'

test('a token with long lists is refused by an expression that would loop over both, and shorter ones are judged', async t => {
  const scene = await openScene(t, {
    settings: ({ upstream, issuer, jwksUri }) => `
security_settings:
  auth_servers: [ { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } } ]
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ jwt: idp, require: '!claims.a.exists(x, claims.b.exists(y, x == y))' ]
`,
  })
  const sign = (length: number): Promise<string> => {
    const a = Array.from({ length }, (_, i) => i)
    return scene.keys.sign({ a, b: a.map(number => number + length) })
  }
  await scene.pass({ path: '/orders', token: await sign(40) })
  await scene.refuse(
    { path: '/orders', token: await sign(600) },
    { code: 'requirement.not_met', facts: { reason: 'too_many_loop_steps' } },
  )
  assert.equal(scene.upstream.requests.length, 1)
})
