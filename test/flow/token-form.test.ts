/** Product.md 4, step 1: what is no well-formed token is refused before anything in it is believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScene, type Places, type RefusedCall } from '../support/scene.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
limits: { max_token_bytes: 2KiB }
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}", audience: orders }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
`

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

test('a token that is not well formed is refused', async t => {
  const scene = await openScene(t, { settings })
  const { issuer } = scene.keys
  const kid = scene.keys.keys[0]?.kid
  const good = await scene.keys.sign({ aud: 'orders' })
  const [header = '', claims = '', signature = ''] = good.split('.')
  const withHeader = (text: unknown): string => `${encode(text)}.${claims}.${signature}`
  const withClaims = (text: unknown): string => `${header}.${encode(text)}.${signature}`

  await t.test('while the one that it is made from passes', async () => {
    await scene.pass({ token: good })
  })

  const malformed: readonly (readonly [string, string])[] = [
    ['of one part', 'abc'],
    ['of two parts', `${header}.${claims}`],
    ['of four parts', `${good}.${signature}`],
    ['of five parts, as an encrypted one', `${header}.a.b.c.d`],
    ['without a header', `.${claims}.${signature}`],
    ['without claims', `${header}..${signature}`],
    ['of dots alone', '..'],
    ['with padding', `${good}=`],
    ['with plus signs, as in plain base64', `${header}.${claims}.++++`],
    ['with slashes, as in plain base64', `${header}.${claims}.////`],
    ['whose header is no JSON', withHeader('{')],
    ['whose header is a list', withHeader([])],
    ['whose header is null', withHeader('null')],
    ['whose header names alg twice', withHeader(`{"alg":"none","kid":"${kid}","alg":"RS256"}`)],
    ['whose header has no alg', withHeader({ kid })],
    ['whose alg is no string', withHeader({ alg: ['RS256'], kid })],
    ['whose kid is no string', withHeader({ alg: 'RS256', kid: { a: 1 } })],
    ['whose header begins with a byte order mark', withHeader(`\ufeff{"alg":"RS256"}`)],
    ['whose claims are no JSON', withClaims('iss=x')],
    ['whose claims are a list', withClaims([{ iss: issuer }])],
    ['whose claims are a string', withClaims('"x"')],
    ['whose claims name iss twice', withClaims(`{"iss":"${issuer}","iss":"${issuer}"}`)],
    ['whose claims name iss twice, once escaped', withClaims(`{"iss":"a","\\u0069ss":"${issuer}"}`)],
    ['whose claims are not UTF-8', `${header}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`],
    ['with text behind its claims', withClaims(`{"iss":"${issuer}"}{}`)],
    ['nested deeper than anyone needs', withClaims(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`)],
    ['with a number beyond what is finite', withClaims(`{"iss":"${issuer}","exp":1e999}`)],
    ['that says it is a DPoP proof', withHeader({ alg: 'RS256', kid, typ: 'dpop+jwt' })],
    ['that says it is a backend JWT', withHeader({ alg: 'RS256', kid, typ: 'backend+jwt' })],
    ['whose last character has loose bits', `${header}.${claims}A.${signature}`],
  ]
  await scene.refuseAll(
    t,
    malformed.map(
      ([name, token]): RefusedCall => ({
        name,
        call: { token },
        code: 'token.malformed',
        challenge: 'invalid_token',
      }),
    ),
  )

  for (const parameter of ['crit', 'b64', 'zip', 'enc']) {
    await t.test(`with the header parameter ${parameter}, which changes how it is read`, async () => {
      const call = { token: withHeader({ alg: 'RS256', kid, [parameter]: parameter === 'crit' ? ['exp'] : 'x' }) }
      await scene.refuse(call, { code: 'token.critical_unknown', challenge: 'invalid_token', facts: { parameter } })
    })
  }

  await t.test('over the size limit, before a hash or a signature is computed over it', async () => {
    const token = await scene.keys.sign({ aud: 'orders', filler: 'x'.repeat(2000) })
    await scene.refuse({ token }, { code: 'token.too_large', challenge: 'invalid_request', facts: { limit: 2048 } })
  })

  await t.test('and a token just below the limit passes', async () => {
    const least = (await scene.keys.sign({ aud: 'orders', filler: '' })).length
    const token = await scene.keys.sign({ aud: 'orders', filler: 'x'.repeat(Math.floor(((2048 - least) * 3) / 4) - 2) })
    assert.ok(token.length > 2040 && token.length <= 2048, String(token.length))
    await scene.pass({ token })
  })
})
