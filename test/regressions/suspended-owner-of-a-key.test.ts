/**
 * An application whose `auth_servers` do not list the issuer was not named by the token that its own key had signed, so nobody saw
 * that it was suspended: with `global_or_default` its token passed as the default application's, with `allow_anonymous` as anybody's.
 * A suspended application is refused at once (product.md 4).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScene } from '../support/scene.ts'
import { signWithSecret } from '../support/test-key.ts'

test('a token signed with the key of a suspended application is refused, whatever its application says of issuers', async t => {
  const secret = Buffer.alloc(32, 's')
  const scene = await openScene(t, {
    settings: ({ upstream, jwksUri }) => `
security_settings:
  auth_servers:
    - { name: partner, localIntrospectionConfig: { issuer: partner, jwksuri: "${jwksUri}" } }
    - { name: other, localIntrospectionConfig: { issuer: other, jwksuri: "${jwksUri}" } }
applications:
  - id: shut
    name: shut
    suspended: true
    auth_servers: [ other ]
    identifiers: { claim_sets: [ { sub: shut } ] }
    strategies: [ { name: s, authServerAlias: partner, secret: "${secret.toString('base64')}" } ]
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { jwt: { auth_servers: [ partner ] }, applications: global_or_default } ] } ]
  - name: lenient
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { allow_anonymous: true, rules: [ { jwt: { auth_servers: [ partner ] }, applications: global } ] } ]
`,
  })
  const token = await signWithSecret({ iss: 'partner', exp: 4e9, sub: 'shut' }, secret)
  await scene.refuse({ token }, { code: 'application.suspended' })
  await scene.refuse({ token, path: '/lenient' }, { code: 'application.suspended' })
  assert.equal(scene.upstream.requests.length, 0)
})
