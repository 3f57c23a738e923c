/** Product.md 4: `faults.format: exception` answers as the product does, and tells no more than the problem document. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../support/call.ts'
import { openScene, type Places } from '../support/scene.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
faults: { format: exception }
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
`

test('a refusal is one JSON member Exception', async t => {
  const scene = await openScene(t, { settings })
  const table: readonly (readonly [string, Call, number, string, string])[] = [
    ['without credentials', {}, 401, 'credentials.missing', 'Unauthorized application request'],
    ['with a bad token', { token: 'a.b.c' }, 401, 'token.malformed', 'Unauthorized application request'],
    ['at a path of nobody', { path: '/nowhere' }, 404, 'route.not_found', 'No API is published at this path'],
    ['at a path with two readings', { path: '/a//b' }, 400, 'request.path_invalid', 'more than one reading'],
  ]
  for (const [name, call, status, code, message] of table) {
    await t.test(name, async () => {
      const answer = await scene.call(call)
      assert.equal(answer.status, status)
      assert.equal(answer.field('content-type'), 'application/json')
      assert.deepEqual(Object.keys(answer.json()), ['Exception'])
      const sentence = String(answer.json()['Exception'])
      assert.ok(sentence.startsWith('API Gateway encountered an error. Error Message: '), sentence)
      assert.ok(sentence.includes(message), sentence)
      assert.ok(sentence.includes('Client IP - 127.0.0.1'), sentence)
      if (status === 401) assert.notEqual(answer.field('www-authenticate'), undefined)
      const record = await scene.gateway.recordOf(answer.field('x-request-id') ?? null)
      assert.equal(record['error.type'], code)
    })
  }
  assert.equal(scene.upstream.connections(), 0)
})
