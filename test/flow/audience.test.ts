/** Product.md 4, step 6: what `aud` may name, each of the ways alone, and when it must be there. */
import { test } from 'node:test'
import { openScene, type Places } from '../support/scene.ts'

const rule = (upstream: string, name: string, body: string, more = ''): string => `
  - name: ${name}
    upstream: "${upstream}"
    ${more}
    policies: [ identify_and_authorize: { rules: [ ${body} ] } ]`

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
api_endpoint: { access_url: "https://gateway.example.com:8443/edge" }
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}", audience: [ orders, "urn:example:orders" ] }
    - name: silent
      localIntrospectionConfig: { issuer: silent, jwksuri: "${jwksUri}" }
applications:
  - { id: 9502c862, name: billing, apis: [ orders, strict, lax ], identifiers: { claim_sets: [ { sub: billing } ] } }
  - { id: 77aa, name: shipping, apis: [ orders ], identifiers: { claim_sets: [ { sub: shipping } ] } }
apis:
${rule(upstream, 'orders', '{ jwt: { auth_servers: [ idp, silent ] } }', 'hosts: [ orders.example.com, "*.example.org", 127.0.0.1 ]')}
${rule(upstream, 'strict', '{ jwt: { audience: required } }')}
${rule(upstream, 'lax', '{ jwt: { audience: off } }')}
${rule(upstream, 'root', '{ jwt: {}, applications: none }', 'base_path: /')}
`

const PATH = '/orders/v1/items/7'

test('an audience that names nothing of ours is refused, and one that does is not', async t => {
  const scene = await openScene(t, { settings })
  const mint = (aud: unknown, more = {}): Promise<string> => scene.keys.sign({ sub: 'billing', aud, ...more })

  const wrong: readonly (readonly [string, unknown])[] = [
    ['another audience', 'payments'],
    ['ours in another case', 'Orders'],
    ['only the beginning of ours', 'order'],
    ['ours with a space', 'orders '],
    ['ours inside a list in one string', 'orders payments'],
    ['an empty string', ''],
    ['an empty list', []],
    ['the id of another application', '77aa'],
    ['the name of the application, which is not its id', 'billing'],
    ['the issuer', 'silent'],
    ['the base path of another API', '/strict'],
    ['a path that only begins like the base path', '/orders2'],
    ['a path above the base path', '/'],
    ['a path below another than the request', '/orders/v1/things'],
    ['a path that ends inside a segment', '/orders/v1/item'],
    ['the path with a query', `${PATH}?a=b`],
    ['the path with dot segments', '/orders/v1/x/../items'],
    ['the path with an escape', '/%6frders'],
    ['the URI of another host', `https://evil.example.com${PATH}`],
    ['the URI of a host that our wildcard covers', `https://a.example.org${PATH}`],
    ['the access URL without its path', `https://gateway.example.com:8443${PATH}`],
    ['the access URL with a longer host', `https://gateway.example.com:8443.evil.com${PATH}`],
    ['the access URL and nothing of the API', 'https://gateway.example.com:8443/edge'],
    ['our host with user information', `https://orders.example.com@evil.com${PATH}`],
    ['our host in another scheme', `ftp://orders.example.com${PATH}`],
  ]
  for (const [name, aud] of wrong) {
    await t.test(`refused: ${name}`, async () => {
      const call = { path: PATH, token: await mint(aud) }
      await scene.refuse(call, { code: 'token.audience_rejected', challenge: 'invalid_token' })
    })
  }
  for (const [name, aud] of [
    ['a number', 7],
    ['null', null],
    ['an object', { orders: true }],
    ['a list with a number', ['orders', 7]],
  ] as const) {
    await t.test(`refused: ${name}, which is no audience at all`, async () => {
      const call = { path: PATH, token: await mint(aud) }
      await scene.refuse(call, { code: 'token.claim_invalid', challenge: 'invalid_token', facts: { claim: 'aud' } })
    })
  }

  const right: readonly (readonly [string, unknown])[] = [
    ['the audience of the auth server', 'orders'],
    ['its other one', 'urn:example:orders'],
    ['a list with one of ours', ['payments', 'orders']],
    ['the id of the application', '9502c862'],
    ['the base path', '/orders'],
    ['the base path with a slash', '/orders/'],
    ['a longer prefix of the path', '/orders/v1/items'],
    ['the path', PATH],
    ['the access URL and the base path', 'https://gateway.example.com:8443/edge/orders'],
    ['a configured host and the base path', 'https://orders.example.com/orders'],
    ['a configured host, by http', `http://orders.example.com${PATH}`],
    ['nothing, for it must fit only if it is present', undefined],
  ]
  for (const [name, aud] of right) {
    await t.test(`accepted: ${name}`, async () => {
      await scene.pass({ path: PATH, token: await mint(aud) })
    })
  }

  await t.test('a path as audience is compared with each request, not with the first one', async () => {
    const token = await mint('/orders/v1/items')
    const rejected = { code: 'token.audience_rejected', challenge: 'invalid_token' } as const
    await scene.pass({ path: PATH, token })
    await scene.refuse({ path: '/orders/v1/other', token }, rejected)
    await scene.pass({ path: '/orders/v1/items', token })
    await scene.refuse({ path: '/orders/v1/items2', token }, rejected)
  })

  await t.test('neither Host nor X-Forwarded-Host decides what an audience names', async () => {
    const token = await mint(`https://evil.example.org${PATH}`)
    const call = { path: PATH, token, host: 'evil.example.org', lines: ['X-Forwarded-Host', 'evil.example.org'] }
    await scene.refuse(call, { code: 'token.audience_rejected', challenge: 'invalid_token' })
  })

  await t.test('an audience of one auth server does not stand for tokens of another', async () => {
    const token = await mint('orders', { iss: 'silent' })
    await scene.refuse({ path: PATH, token }, { code: 'token.audience_rejected', challenge: 'invalid_token' })
  })

  await t.test('`required` refuses a token without audience, and otherwise judges alike', async () => {
    const path = '/strict/x'
    const missing = { code: 'token.claim_missing', challenge: 'invalid_token', realm: 'strict' } as const
    await scene.refuse({ path, token: await mint(undefined) }, { ...missing, facts: { claim: 'aud' } })
    await scene.refuse({ path, token: await mint('payments') }, { ...missing, code: 'token.audience_rejected' })
    await scene.pass({ path, token: await mint('orders') })
    await scene.pass({ path, token: await mint('9502c862') })
  })

  await t.test('`off` looks at no audience', async () => {
    await scene.pass({ path: '/lax/x', token: await mint('payments') })
    await scene.pass({ path: '/lax/x', token: await mint(undefined) })
  })

  await t.test('`/` names the request where the API is at the root, and so does any prefix', async () => {
    await scene.pass({ path: '/any/where', token: await mint('/') })
    await scene.pass({ path: '/any/where', token: await mint('/any') })
    const token = await mint('/elsewhere')
    await scene.refuse(
      { path: '/any/where', token },
      { code: 'token.audience_rejected', challenge: 'invalid_token', realm: 'root' },
    )
  })
})
