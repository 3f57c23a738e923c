/** RFC 8705 section 3: a token that names a certificate is worth nothing on another connection than its caller's. */
import { test } from 'node:test'
import type { Call } from '../support/call.ts'
import { ITEMS } from '../support/call.ts'
import { boundTo, DPOP_DEFAULTS, makeProof } from '../support/dpop.ts'
import { boundToCertificate, makeCallers, openSecureScene } from '../support/mutual-tls.ts'
import type { Refusal } from '../support/scene.ts'
import { createTestKey } from '../support/test-key.ts'

const MISMATCH: Refusal = { code: 'token.certificate_mismatch', challenge: 'invalid_token' }
const ALGS = `algs="${DPOP_DEFAULTS.algorithms.join(' ')}"`
const DPOP_CHALLENGE = `DPoP realm="orders", error="invalid_token", error_description="The token is bound to another client certificate", ${ALGS}`
const { authority, billing, other, stranger } = makeCallers()

test('a certificate-bound token passes with its certificate, and with no other', async t => {
  const { pass, refuse, scene } = await openSecureScene(
    t,
    authority,
    ({ upstream }, idp) => `apis: [ { name: orders, upstream: "${upstream}", policies: [ jwt: ${idp} ] } ]`,
  )
  const { keys } = scene
  const bound = await keys.sign({ ...boundToCertificate(billing) })
  await pass({ token: bound, certificate: billing })
  await pass({ token: await keys.sign({}), certificate: billing })
  await pass({ token: await keys.sign({}) })

  const refused: readonly (readonly [string, Call, Refusal['facts']])[] = [
    ['MT-01 without a certificate', { token: bound }, { reason: 'no client certificate' }],
    ['MT-01 with another certificate', { token: bound, certificate: other }, { reason: 'another client certificate' }],
    [
      'MT-01 with its very certificate, but no authority of ours vouches for it',
      { token: await keys.sign(boundToCertificate(stranger)), certificate: stranger },
      { reason: 'no client certificate' },
    ],
  ]
  for (const [name, call, facts] of refused) {
    await t.test(name, async () => {
      await refuse(call, { ...MISMATCH, ...(facts === undefined ? {} : { facts }) })
    })
  }
  await t.test('MT-01 over plain HTTP', async () => {
    await scene.refuse({ token: bound }, MISMATCH)
  })
  for (const value of [null, '', 7, [boundToCertificate(billing).cnf['x5t#S256']], 'abc']) {
    await t.test(`MT-01 that names ${JSON.stringify(value)} for a certificate`, async () => {
      const token = await keys.sign({ cnf: { 'x5t#S256': value } })
      await refuse({ token, certificate: billing }, MISMATCH)
    })
  }
  await t.test('that is bound to a key besides: both are needed', async () => {
    const key = createTestKey('ES256')
    const cnf = { ...boundToCertificate(billing).cnf, ...boundTo(key).cnf }
    const token = await keys.sign({ cnf })
    const proof = (): Promise<string> => makeProof(key, { token, htu: scene.gateway.httpsUrl + ITEMS })
    const lines = async (): Promise<string[]> => ['Authorization', `DPoP ${token}`, 'DPoP', await proof()]
    await pass({ certificate: billing, lines: await lines() })
    await refuse({ certificate: other, lines: await lines() }, { ...MISMATCH, challenge: [DPOP_CHALLENGE] })
    await refuse(
      { certificate: billing, token },
      {
        code: 'token.proof_required',
        challenge: [
          'Bearer realm="orders", error="invalid_token", error_description="The token is bound to a key and needs a DPoP proof"',
          `DPoP realm="orders", ${ALGS}`,
        ],
      },
    )
  })
})
