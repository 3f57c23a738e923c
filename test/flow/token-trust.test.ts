/** Product.md 4, steps 2 and 3: issuer, algorithm, key and signature; the caller learns only that the token is not valid. */
import assert from 'node:assert/strict'
import { createHmac, createSign } from 'node:crypto'
import { test } from 'node:test'
import { openScene, type Places, type RefusedCall } from '../support/scene.ts'
import { createTestKey, signWithSecret } from '../support/test-key.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" }
    - name: other
      localIntrospectionConfig: { issuer: "https://other.example.com", jwksuri: "${jwksUri}" }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
`

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a token that nobody trusted has signed is refused', async t => {
  const scene = await openScene(t, { settings, algorithms: ['RS256', 'ES256', 'EdDSA'] })
  const { keys } = scene
  const [rsa, ec] = keys.keys
  assert.ok(rsa !== undefined && ec !== undefined)
  const good = await keys.sign({ sub: 'alice' }, { key: rsa })
  const [header = '', claims = '', signature = ''] = good.split('.')
  const refused = (name: string, token: string, refusal: Pick<RefusedCall, 'code' | 'facts'>): RefusedCall => ({
    name,
    call: { token },
    challenge: 'invalid_token',
    ...refusal,
  })

  const issuers: readonly (readonly [string, unknown])[] = [
    ['an unknown issuer', 'https://evil.example.com'],
    ['an issuer that only differs by a trailing slash', `${keys.issuer}/`],
    ['an issuer that only differs in case', keys.issuer.replace('http', 'HTTP')],
    ['an issuer with a space behind it', `${keys.issuer} `],
    ['an issuer that the gateway knows, but not this API', 'https://other.example.com'],
    ['an empty issuer', ''],
    ['an issuer in a list', [keys.issuer]],
    ['a number as issuer', 7],
    ['no issuer', undefined],
  ]
  const byIssuer = issuers.map(async ([name, iss]) =>
    refused(`of ${name}`, await keys.sign({ iss }, { key: rsa }), { code: 'token.issuer_unknown' }),
  )
  await scene.refuseAll(t, await Promise.all(byIssuer))

  const algorithms: readonly (readonly [string, string])[] = [
    ['none', ''],
    ['None', ''],
    ['NONE', signature],
    ['nOnE', signature],
    ['', signature],
    ['rs256', signature],
    ['RS256 ', signature],
    ['RSA', signature],
    ['ES256K', signature],
    ['RSA-OAEP', signature],
    ['constructor', signature],
    ['__proto__', signature],
  ]
  await scene.refuseAll(
    t,
    algorithms.map(([alg, end]) =>
      refused(`with alg "${alg}"`, `${encode({ alg, kid: rsa.kid })}.${claims}.${end}`, {
        code: 'token.algorithm_not_allowed',
        facts: { authServer: 'idp', alg },
      }),
    ),
  )

  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const der = rsa.publicKey.export({ type: 'spki', format: 'der' })
  const confusion = [
    ['the PEM of the public key', Buffer.from(pem)],
    ['the PEM without its last line end', Buffer.from(pem.trimEnd())],
    ['the DER of the public key', der],
    ['the modulus', Buffer.from(String(rsa.jwk['n']), 'base64url')],
    ['nothing', Buffer.alloc(0)],
  ] as const
  for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
    const hash = `sha${alg.slice(2)}`
    await scene.refuseAll(
      t,
      confusion.map(([name, secret]) => {
        const signed = `${encode({ alg, kid: rsa.kid })}.${claims}`
        const mac = createHmac(hash, secret).update(signed).digest('base64url')
        return refused(`with an ${alg} made with ${name}`, `${signed}.${mac}`, { code: 'token.key_unknown' })
      }),
    )
  }

  const stranger = createTestKey('RS256')
  const at = (text: string, index: number): string =>
    text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)
  const derSignature = createSign('sha256')
    .update(`${encode({ alg: 'ES256', kid: ec.kid })}.${claims}`)
    .sign(ec.privateKey, 'base64url')
  await scene.refuseAll(t, [
    refused('with an unknown kid', await keys.sign({}, { key: stranger }), { code: 'token.key_unknown' }),
    refused(
      'with a kid that only begins like a known one',
      await keys.sign({}, { key: rsa, header: { kid: `${rsa.kid}A` } }),
      {
        code: 'token.key_unknown',
      },
    ),
    refused('of a stranger under a known kid', await stranger.sign({ iss: keys.issuer }, { kid: rsa.kid }), {
      code: 'token.signature_invalid',
      facts: { kid: rsa.kid },
    }),
    refused('of a stranger without kid', await keys.sign({}, { key: stranger, header: { kid: undefined } }), {
      code: 'token.signature_invalid',
    }),
    refused(
      'that brings its own key in jwk, jku and x5u, which are never looked at',
      await stranger.sign(
        { iss: keys.issuer },
        { jwk: stranger.jwk, jku: keys.jwksUri, x5u: keys.jwksUri, kid: rsa.kid },
      ),
      { code: 'token.signature_invalid' },
    ),
    refused('without signature', `${header}.${claims}.`, { code: 'token.signature_invalid' }),
    refused('with a mutated signature', `${header}.${claims}.${at(signature, 20)}`, {
      code: 'token.signature_invalid',
    }),
    refused('with half a signature', `${header}.${claims}.${signature.slice(0, 172)}`, {
      code: 'token.signature_invalid',
    }),
    refused('with the signature of another token', `${header}.${encode({ iss: keys.issuer })}.${signature}`, {
      code: 'token.signature_invalid',
    }),
    refused('of an RSA key that says it is ES256', `${encode({ alg: 'ES256', kid: rsa.kid })}.${claims}.${signature}`, {
      code: 'token.key_unknown',
    }),
    refused('of an RS256 key that says PS256', `${encode({ alg: 'PS256', kid: rsa.kid })}.${claims}.${signature}`, {
      code: 'token.key_unknown',
    }),
    refused('of ES256 whose signature is DER', `${encode({ alg: 'ES256', kid: ec.kid })}.${claims}.${derSignature}`, {
      code: 'token.signature_invalid',
    }),
    refused(
      'of ES256 whose signature is all zeros (CVE-2022-21449)',
      `${encode({ alg: 'ES256', kid: ec.kid })}.${claims}.${Buffer.alloc(64).toString('base64url')}`,
      { code: 'token.signature_invalid' },
    ),
    refused(
      'signed with a secret that no strategy has',
      await signWithSecret({ iss: keys.issuer }, Buffer.alloc(32, 1)),
      { code: 'token.key_unknown' },
    ),
  ])

  await t.test('while that of a trusted key passes, with and without kid', async () => {
    await scene.pass({ token: good })
    await scene.pass({ token: await keys.sign({}, { header: { kid: undefined } }) })
  })
})
