/** RFC 9449: a token that is bound to a key is worth nothing without a proof for this very request. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../support/call.ts'
import { ITEMS } from '../support/call.ts'
import { boundTo, DPOP_DEFAULTS, makeProof, type ProofPlan } from '../support/dpop.ts'
import { fieldsOf, openScene, type Places, type RefusedCall, type Scene } from '../support/scene.ts'
import { createTestKey } from '../support/test-key.ts'

const settings =
  (dpop: string, rest = '') =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}", audience: orders }
apis:
  - name: orders
    upstream: "${upstream}"
    policies:
      - identify_and_authorize: { rules: [ { jwt: { audience: required, ${dpop} }, applications: none } ] }
${rest}`

const KEY = createTestKey('ES256')
const ALGS = `algs="${DPOP_DEFAULTS.algorithms.join(' ')}"`
const challenge = (error: string, description: string): readonly string[] => [
  `DPoP realm="orders", error="${error}", error_description="${description}", ${ALGS}`,
]

/** Makes calls with a token and a fresh proof for them. */
function callerOf(scene: Scene, token: string) {
  return async (plan: Partial<ProofPlan> = {}, call: Call = {}): Promise<Call> => {
    const htu = plan.htu ?? scene.gateway.url + ITEMS
    const proof = await makeProof(KEY, { token, htu, ...plan })
    return { ...call, lines: ['Authorization', `DPoP ${token}`, 'DPoP', proof, ...(call.lines ?? [])] }
  }
}

test('a bound token passes with its proof, which ends here', async t => {
  const scene = await openScene(t, { settings: settings('') })
  const token = await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) })
  const call = callerOf(scene, token)
  const { seen } = await scene.pass(await call())
  const fields = fieldsOf(seen)
  assert.equal(fields['dpop'], undefined, 'the proof is consumed')
  assert.equal(fields['authorization'], `DPoP ${token}`, 'the token goes on as it came')
  await scene.pass(await call({ htu: `${scene.gateway.url}${ITEMS}?page=2#top` }, { path: `${ITEMS}?page=1` }))
  await scene.pass(await call({ method: 'POST' }, { method: 'POST', body: '{}' }))
  await scene.pass({ token: await scene.keys.sign({ aud: 'orders' }) })
})

test('what is not proven is refused', async t => {
  const scene = await openScene(t, { settings: settings('') })
  const token = await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) })
  const free = await scene.keys.sign({ aud: 'orders' })
  const call = callerOf(scene, token)
  const used = await call()
  await scene.pass(used)
  const invalid = {
    code: 'dpop.invalid',
    challenge: challenge('invalid_dpop_proof', 'The DPoP proof is not valid'),
  } as const
  const [, , , proof = ''] = (await call()).lines ?? []
  const table: readonly RefusedCall[] = [
    {
      name: 'DP-08 a bound token as a bearer token',
      call: { token },
      code: 'token.proof_required',
      challenge: [
        'Bearer realm="orders", error="invalid_token", error_description="The token is bound to a key and needs a DPoP proof"',
        `DPoP realm="orders", ${ALGS}`,
      ],
    },
    {
      name: 'DP-08 a bound token as a bearer token, with a good proof beside it',
      call: { token, lines: ['DPoP', proof] },
      code: 'token.proof_required',
      challenge: [
        'Bearer realm="orders", error="invalid_token", error_description="The token is bound to a key and needs a DPoP proof"',
        `DPoP realm="orders", ${ALGS}`,
      ],
    },
    {
      name: 'DP-01 no proof',
      call: { lines: ['Authorization', `DPoP ${token}`] },
      code: 'dpop.missing',
      challenge: challenge('invalid_dpop_proof', 'The DPoP proof is missing'),
    },
    { name: 'DP-01 two proofs', call: await call({}, { lines: ['dpop', proof] }), ...invalid },
    {
      name: 'DP-01 the same proof twice',
      call: { lines: ['Authorization', `DPoP ${token}`, 'DPoP', proof, 'DPoP', proof] },
      ...invalid,
    },
    {
      name: 'DP-02 a token for a proof',
      call: { lines: ['Authorization', `DPoP ${token}`, 'DPoP', token] },
      ...invalid,
    },
    { name: 'DP-03 a proof for another method', call: await call({ method: 'POST' }), ...invalid },
    { name: 'DP-03 a proof for another path', call: await call({ htu: `${scene.gateway.url}/orders/v1` }), ...invalid },
    { name: 'DP-03 a proof for another host', call: await call({ htu: `http://other.example${ITEMS}` }), ...invalid },
    {
      name: 'DP-03 a proof for another scheme',
      call: await call({ htu: (scene.gateway.url + ITEMS).replace('http:', 'https:') }),
      ...invalid,
    },
    { name: 'DP-03 an old proof', call: await call({ iat: Math.floor(Date.now() / 1000) - 100 }), ...invalid },
    { name: 'DP-04 a proof for another token', call: await call({ token: free }), ...invalid },
    {
      name: 'DP-04 a proof of another key',
      call: {
        lines: [
          'Authorization',
          `DPoP ${token}`,
          'DPoP',
          await makeProof(createTestKey('ES256'), { token, htu: scene.gateway.url + ITEMS }),
        ],
      },
      code: 'token.binding_mismatch',
      challenge: challenge('invalid_token', 'The token is bound to another key than the DPoP proof'),
    },
    {
      name: 'DP-10 a proof that was used before',
      call: used,
      code: 'dpop.replayed',
      challenge: challenge('invalid_dpop_proof', 'The DPoP proof was used before'),
    },
    {
      name: 'a token that is bound to nothing, with a proof',
      call: await callerOf(scene, free)(),
      code: 'token.not_bound',
      challenge: challenge('invalid_token', 'The token is not bound to a key'),
    },
    {
      name: 'DP-07 a bound token that has expired',
      call: await callerOf(scene, await scene.keys.sign({ aud: 'orders', exp: 1, ...boundTo(KEY) }))(),
      code: 'token.expired',
      challenge: challenge('invalid_token', 'The token has expired'),
    },
    {
      name: 'DP-07 a bound token for somebody else, but only to whom it belongs',
      call: await callerOf(scene, await scene.keys.sign({ aud: 'other', ...boundTo(KEY) }))(),
      code: 'token.audience_rejected',
      challenge: challenge('invalid_token', 'The token is meant for another audience'),
    },
    {
      name: 'a stolen token for somebody else',
      call: { lines: ['Authorization', `DPoP ${await scene.keys.sign({ aud: 'other', ...boundTo(KEY) })}`] },
      code: 'dpop.missing',
      challenge: challenge('invalid_dpop_proof', 'The DPoP proof is missing'),
    },
    {
      name: 'a token that is bound in a way that nobody here can check',
      call: { token: await scene.keys.sign({ aud: 'orders', cnf: { kid: 'x' } }) },
      code: 'token.claim_invalid',
      challenge: 'invalid_token',
      facts: { claim: 'cnf' },
    },
    {
      name: 'two tokens in one DPoP field',
      call: { lines: ['Authorization', `DPoP ${token} ${token}`] },
      code: 'credentials.multiple',
      challenge: [
        'DPoP realm="orders", error="invalid_request", error_description="More than one set of credentials of one kind"',
      ],
    },
  ]
  await scene.refuseAll(t, table)
})

test('`required` takes bound tokens only, and asks for nothing else', async t => {
  const scene = await openScene(t, { settings: settings('dpop: required, dpop_algorithms: [ ES256 ]') })
  const bare = 'DPoP realm="orders", algs="ES256"'
  await scene.refuse({}, { code: 'credentials.missing', challenge: [bare] })
  await scene.refuse(
    { token: await scene.keys.sign({ aud: 'orders' }) },
    {
      code: 'token.not_bound',
      challenge: [
        'Bearer realm="orders", error="invalid_token", error_description="The token is not bound to a key"',
        bare,
      ],
    },
  )
  const token = await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) })
  await scene.pass(await callerOf(scene, token)())
  const other = createTestKey('EdDSA')
  const foreign = await scene.keys.sign({ aud: 'orders', ...boundTo(other) })
  const proof = await makeProof(other, { token: foreign, htu: scene.gateway.url + ITEMS })
  await scene.refuse(
    { lines: ['Authorization', `DPoP ${foreign}`, 'DPoP', proof] },
    {
      code: 'dpop.invalid',
      challenge: [
        'DPoP realm="orders", error="invalid_dpop_proof", error_description="The DPoP proof is not valid", algs="ES256"',
      ],
      facts: { reason: 'alg' },
    },
  )
})

test('`off` looks at no proof, and knows no scheme DPoP', async t => {
  const scene = await openScene(t, { settings: settings('dpop: off') })
  const token = await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) })
  await scene.pass({ token })
  await scene.refuse(await callerOf(scene, token)(), {
    code: 'credentials.missing',
    challenge: ['Bearer realm="orders"'],
  })
})

test('DP-09 a nonce is asked for where the rule says so, and is good for more than one proof', async t => {
  const scene = await openScene(t, { settings: settings('dpop_nonce: true') })
  const token = await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) })
  const call = callerOf(scene, token)
  const refused = await scene.refuse(await call(), {
    code: 'dpop.nonce_needed',
    challenge: challenge('use_dpop_nonce', 'The DPoP proof needs a nonce of this gateway'),
  })
  const nonces = refused.fields.get('dpop-nonce') ?? []
  assert.equal(nonces.length, 1)
  const claims = { nonce: nonces[0] }
  await scene.pass(await call({ claims }))
  await scene.pass(await call({ claims }))
  const forged = await scene.refuse(await call({ claims: { nonce: 'forged' } }), {
    code: 'dpop.nonce_needed',
    challenge: challenge('use_dpop_nonce', 'The DPoP proof needs a nonce of this gateway'),
  })
  assert.deepEqual(forged.fields.get('dpop-nonce'), nonces)
})

test('DP-03 the target is the public address, behind a proxy that ends TLS', async t => {
  const rest = 'api_endpoint: { access_url: "https://public.example.com" }\ntrusted_proxies: [ 127.0.0.1 ]\n'
  const scene = await openScene(t, { settings: settings('', rest) })
  const token = await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) })
  const call = callerOf(scene, token)
  const forwarded = { lines: ['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Proto', 'https'] }
  await scene.pass(await call({ htu: `https://public.example.com${ITEMS}` }, forwarded))
  await scene.refuse(await call({}, forwarded), {
    code: 'dpop.invalid',
    challenge: challenge('invalid_dpop_proof', 'The DPoP proof is not valid'),
    facts: { reason: 'htu' },
  })
})

test('a proof stays used across a reload', async t => {
  const scene = await openScene(t, { settings: settings('') })
  const token = await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) })
  const used = await callerOf(scene, token)()
  await scene.pass(used)
  const places = { upstream: scene.upstream.origin, jwksUri: scene.keys.jwksUri, issuer: scene.keys.issuer }
  const status = await scene.gateway.reload(settings('dpop_max_age: 10m')(places))
  assert.equal(status.result, 'applied')
  await scene.refuse(used, {
    code: 'dpop.replayed',
    challenge: challenge('invalid_dpop_proof', 'The DPoP proof was used before'),
  })
})

test('a proof that could not be remembered is not taken: our own lack, until there is room', async t => {
  const limits = (most: number): string => `limits: { max_dpop_proofs: ${most} }`
  const scene = await openScene(t, { settings: settings('', limits(2)) })
  const call = callerOf(scene, await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) }))
  await scene.pass(await call())
  const facts = { reason: 'no more DPoP proofs can be remembered' }
  await scene.refuse(await call(), { code: 'gateway.overloaded', facts })
  const places = { upstream: scene.upstream.origin, jwksUri: scene.keys.jwksUri, issuer: scene.keys.issuer }
  await scene.gateway.reload(settings('', limits(4))(places))
  await scene.pass(await call())
})

test('a scope that is missing is told in the scheme of the token', async t => {
  const plan = (places: Places): string =>
    settings('')(places).replace('    policies:\n', '    policies:\n      - require_scopes: { any: [ read ] }\n')
  const scene = await openScene(t, { settings: plan })
  const token = await scene.keys.sign({ aud: 'orders', ...boundTo(KEY) })
  await scene.refuse(await callerOf(scene, token)(), {
    code: 'scope.insufficient',
    challenge: [
      'DPoP realm="orders", error="insufficient_scope", error_description="The token does not have the required scope", scope="read"',
    ],
  })
})
