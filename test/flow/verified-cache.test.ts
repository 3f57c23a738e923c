/** Product.md 4, verified-token cache: a verdict counts for one token, under the rules and the key that it was reached with. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScene, type Places } from '../support/scene.ts'

const settings =
  (more: string) =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}"${more} }
    - { name: other, localIntrospectionConfig: { issuer: other, jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
  - { name: others, upstream: "${upstream}", policies: [ jwt: other ] }
  - { name: both, upstream: "${upstream}", policies: [ jwt: [ other, idp ] ] }
`

const rejected = { challenge: 'invalid_token' } as const

test('a token that passed before', async t => {
  const plan = settings('')
  const scene = await openScene(t, { settings: plan })
  const { upstream, keys, gateway } = scene
  const places = { upstream: upstream.origin, jwksUri: keys.jwksUri, issuer: keys.issuer }
  const token = await keys.sign()
  await scene.pass({ token })

  await t.test('is refused by an API that does not trust its issuer', async () => {
    await scene.refuse({ path: '/others', token }, { code: 'token.issuer_unknown', realm: 'others', ...rejected })
    await scene.pass({ path: '/both', token })
    await scene.pass({ token })
  })
  await t.test('lends nothing to one that differs in its last character', async () => {
    const end = token.slice(0, -4)
    await scene.refuse({ token: `${end}AAAA` }, { code: 'token.signature_invalid', ...rejected })
  })
  await t.test('lends nothing to one with its signature and other claims', async () => {
    const [header = '', claims = '', signature = ''] = token.split('.')
    const decoded = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object
    const forged = Buffer.from(JSON.stringify({ ...decoded, sub: 'admin' })).toString('base64url')
    await scene.refuse({ token: `${header}.${forged}.${signature}` }, { code: 'token.signature_invalid', ...rejected })
  })
  await t.test('is judged anew when a reload narrows the algorithms', async () => {
    assert.equal((await gateway.reload(settings(', algorithms: [ RS256 ]')(places))).result, 'applied')
    await scene.refuse({ token }, { code: 'token.algorithm_not_allowed', ...rejected })
    assert.equal(keys.requests, 1, 'one fetch for both auth servers, which share its address: the key set survived')
  })
  await t.test('is judged anew when a reload takes its auth server away', async () => {
    const without = settings('')({ ...places, issuer: 'https://elsewhere.example.com' })
    assert.equal((await gateway.reload(without)).result, 'applied')
    await scene.refuse({ token }, { code: 'token.issuer_unknown', ...rejected })
  })
  await t.test('passes again when a reload brings the old settings back', async () => {
    assert.equal((await gateway.reload(plan(places))).result, 'applied')
    await scene.pass({ token })
  })
})
