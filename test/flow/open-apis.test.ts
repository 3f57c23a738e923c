/** Product.md 4 and 6: an open API judges no credentials; identity fields of callers are removed there all the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseGateway } from '../support/gateway.ts'
import { fieldsOf, openScene, type Places } from '../support/scene.ts'

const settings = (places: Places): string => withProxies('', places)

const withProxies = (proxies: string, { upstream, jwksUri, issuer }: Places): string => `
${proxies}
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: free, upstream: "${upstream}", open: true }
  - name: orders
    upstream: "${upstream}"
    policies: [ jwt: idp, protocols: [ http ] ]
    routes:
      - { match: GET /health, policies: [ allow_anonymous: true ] }
      - { match: GET /docs, open: true }
      - { match: GET /strict, policies: [ protocols: [ https ] ] }
      - { match: GET /both, policies: [ protocols: [ http, https ] ] }
      - { match: ANY /* }
  - { name: secure, upstream: "${upstream}", policies: [ jwt: idp, protocols: [ https ] ] }
`

const FORGED = [
  ['X-JWT-Assertion', 'forged'],
  ['x_jwt_assertion', 'forged'],
  ['X-JWT.Assertion', 'forged'],
  ['X-Application-Id', 'forged'],
  ['X-APPLICATION_ID', 'forged'],
  ['X-Application-Name', 'forged'],
  ['X-Application-Owner', 'forged'],
  ['X-Application-Tier', 'forged'],
  ['X-Real-IP', 'forged'],
  ['X-Original-URL', '/admin/forged'],
  ['X-Rewrite-URL', '/admin/forged'],
  ['X-Forwarded-User', 'forged'],
  ['X-Forwarded-For', '203.0.113.99'],
  ['Forwarded', 'for=203.0.113.99'],
  ['Proxy-Authorization', 'Basic forged'],
  ['Proxy', 'http://forged'],
  ['DPoP', 'forged'],
] as const

test('an open API', async t => {
  const scene = await openScene(t, { settings })

  await t.test('lets everybody through, whatever they present', async () => {
    for (const call of [
      {},
      { token: 'a.b.c' },
      { lines: ['Authorization', 'Bearer'] },
      { basic: 'a:b' },
      { apiKey: 'x' },
    ])
      await scene.pass({ path: '/free/x', ...call })
  })
  await t.test('passes no identity that a caller gives itself', async () => {
    const good = await scene.keys.sign()
    for (const call of [{ path: '/free' }, { path: '/orders', token: good }]) {
      const { seen } = await scene.pass({ ...call, lines: [...FORGED.flat(), 'X-Innocent', 'kept'] })
      const fields = fieldsOf(seen)
      assert.equal(fields['x-innocent'], 'kept')
      assert.ok(!/forged|203\.0\.113\.99/.test(JSON.stringify(fields)), JSON.stringify(fields))
      assert.equal(fields['x-forwarded-for'], '127.0.0.1')
    }
  })
  await t.test(
    'and an open route are judged by nothing, a route that allows anonymous callers still judges',
    async () => {
      await scene.pass({ path: '/orders/docs', token: 'a.b.c' })
      await scene.pass({ path: '/orders/health' })
      await scene.refuse(
        { path: '/orders/health', token: 'a.b.c' },
        { code: 'token.malformed', challenge: 'invalid_token' },
      )
      await scene.refuse(
        { path: '/orders/healthy' },
        { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] },
      )
    },
  )
  await t.test('has to be called so: an API without a rule does not start', async () => {
    const problems = await refuseGateway(t, { settings: 'apis: [ { name: orders, upstream: "builtin:echo" } ]' })
    assert.match(problems, /everybody could call it/)
  })
})

test('an API that is served over https only is 403 over http, before any credential counts', async t => {
  const scene = await openScene(t, { settings })
  const token = await scene.keys.sign()
  const refused = { code: 'request.https_required' } as const
  for (const call of [{ token }, {}, { token: 'a.b.c' }]) await scene.refuse({ path: '/secure', ...call }, refused)
  await scene.refuse({ path: '/orders/strict', token }, refused)
  await scene.refuse({ path: '/secure', token, lines: ['X-Forwarded-Proto', 'https'] }, refused)
  await scene.pass({ path: '/orders/both', token })
  await scene.pass({ path: '/orders/x', token })
})

test('a trusted proxy’s word on the scheme counts, and nothing of the sort from anybody else', async t => {
  const scene = await openScene(t, { settings: places => withProxies('trusted_proxies: [ 127.0.0.1 ]', places) })
  const token = await scene.keys.sign()
  for (const lines of [
    ['X-Forwarded-Proto', 'https'],
    ['Forwarded', 'proto=https'],
  ])
    await scene.pass({ path: '/secure', token, lines })
  const refused = { code: 'request.https_required' } as const
  await scene.refuse({ path: '/secure', token }, refused)
  for (const lines of [
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-SSL', 'on'],
    ['Front-End-Https', 'on'],
    ['X-Forwarded-Scheme', 'https'],
  ])
    await scene.refuse({ path: '/secure', token, lines }, refused)
})

test('a refusal of HEAD has the fields of one and no body', async t => {
  const scene = await openScene(t, { settings })
  const answer = await scene.call({ method: 'HEAD' })
  assert.equal(answer.status, 401)
  assert.equal(answer.body, '')
  assert.deepEqual(answer.fields.get('www-authenticate'), ['Bearer realm="orders"'])
  assert.equal(scene.upstream.connections(), 0)
})
