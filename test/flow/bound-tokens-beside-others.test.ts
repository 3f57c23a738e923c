/** RFC 8705 section 3, RFC 9449 section 7: what stands beside a stolen bound token, or judges it, does not make it good. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundTo, DPOP_DEFAULTS, makeProof } from '../support/dpop.ts'
import { startIntrospectionServer } from '../support/introspection-server.ts'
import { openScene, type Places, type Refusal, type RefusedCall } from '../support/scene.ts'
import { createTestKey } from '../support/test-key.ts'

const KEY = createTestKey('ES256')
const DPOP = `DPoP realm="orders", algs="${DPOP_DEFAULTS.algorithms.join(' ')}"`
const PROOF_REQUIRED: Refusal = {
  code: 'token.proof_required',
  challenge: [
    'Bearer realm="orders", error="invalid_token", error_description="The token is bound to a key and needs a DPoP proof"',
    DPOP,
  ],
}

const settings =
  (endpoint: string) =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
    - { name: sso, remoteIntrospectionConfig: { introspectionEndpoint: "${endpoint}" } }
applications:
  - { name: partner, id: partner, apis: [ orders ], identifiers: { api_keys: [ partner-key-0123456789 ], client_ids: [ batch ] } }
apis:
  - name: orders
    upstream: "${upstream}"
    policies:
      - identify_and_authorize:
          rules:
            - { api_key: {} }
            - { jwt: { auth_servers: [ idp ] }, applications: none }
            - { oauth2: { auth_servers: [ sso ], accept_jwt: true } }
    routes:
      - { match: "ANY /*" }
      - match: "ANY /v1/open"
        policies: [ allow_anonymous: true ]
      - match: "ANY /v1/both"
        policies:
          - identify_and_authorize:
              condition: and
              rules: [ { api_key: {} }, { jwt: { auth_servers: [ idp ] }, applications: none } ]
`

test('a bound token without its proof', async t => {
  const server = await startIntrospectionServer()
  t.after(() => server.close())
  const scene = await openScene(t, { settings: settings(server.endpoint) })
  const bound = await scene.keys.sign({ sub: 'x', ...boundTo(KEY) })
  const foreign = await scene.keys.sign({ sub: 'x', iss: 'https://elsewhere.example.com' })
  server.answers.set('opaque', { active: true, client_id: 'batch', token_type: 'DPoP', ...boundTo(KEY) })
  server.answers.set(foreign, { active: true, client_id: 'batch', ...boundTo(KEY) })
  server.answers.set('typed', { active: true, client_id: 'batch', token_type: 'DPoP' })
  const apiKey = 'partner-key-0123456789'
  const refused: readonly RefusedCall[] = [
    { name: 'is refused beside a good API key', call: { token: bound, apiKey }, ...PROOF_REQUIRED },
    {
      name: 'is refused where nothing may be presented',
      call: { token: bound, path: '/orders/v1/open' },
      ...PROOF_REQUIRED,
    },
    {
      name: 'is refused where both must be good',
      call: { token: bound, apiKey, path: '/orders/v1/both' },
      ...PROOF_REQUIRED,
    },
    { name: 'is refused where it is opaque', call: { token: 'opaque' }, ...PROOF_REQUIRED },
    {
      name: 'is refused where it is opaque, beside a good API key',
      call: { token: 'opaque', apiKey },
      ...PROOF_REQUIRED,
    },
    { name: 'is refused where it is a JWT that is asked about', call: { token: foreign }, ...PROOF_REQUIRED },
    {
      name: 'is refused where its type is DPoP, and nobody says by which key',
      call: { token: 'typed' },
      code: 'token.claim_invalid',
      challenge: 'invalid_token',
    },
  ]
  await scene.refuseAll(t, refused)

  await t.test('is good with it, opaque or not', async () => {
    for (const token of [bound, 'opaque', foreign]) {
      const proof = await makeProof(KEY, { token, htu: `${scene.gateway.url}/orders/v1/items` })
      await scene.pass({ lines: ['Authorization', `DPoP ${token}`, 'DPoP', proof] })
    }
  })
  assert.equal(scene.upstream.requests.length, 3)
})
