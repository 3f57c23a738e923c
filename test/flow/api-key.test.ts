/** Product.md 4, rule `api_key`: one line of one field, compared as a whole, and never passed on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldsOf, openScene, type Places, type RefusedCall } from '../support/scene.ts'

const settings = ({ upstream }: Places): string => `
applications:
  - { id: billing, name: billing, apis: [ orders, custom ], identifiers: { api_keys: [ "key-of-billing", "second-key" ] } }
  - { id: foreign, name: foreign, identifiers: { api_keys: [ key-of-foreign ] } }
  - { id: shut, name: shut, suspended: true, apis: [ orders ], identifiers: { api_keys: [ key-of-shut ] } }
  - { id: one, name: one, apis: [ orders ], identifiers: { api_keys: [ shared-key ] } }
  - { id: two, name: two, apis: [ orders ], identifiers: { api_keys: [ shared-key ] } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ identify_and_authorize: { rules: [ { api_key: {} } ] } ] }
  - name: custom
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { api_key: { header: X-My-Key } } ] } ]
  - name: everybody
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { api_key: {}, applications: global_or_default } ] } ]
`

const CHALLENGE = ['ApiKey realm="orders"']

test('an API key identifies its application', async t => {
  const scene = await openScene(t, { settings })
  const nameOf = async (call: Parameters<typeof scene.pass>[0]): Promise<unknown> =>
    (await scene.pass(call)).record['microgateway.application']

  await t.test('by any of its keys, and the upstream does not get the key', async () => {
    for (const apiKey of ['key-of-billing', 'second-key']) {
      const { seen, record } = await scene.pass({ apiKey })
      assert.equal(record['microgateway.application'], 'billing')
      assert.equal(fieldsOf(seen)['x-gateway-apikey'], undefined)
      assert.ok(!scene.upstream.raw().includes(apiKey))
    }
  })
  await t.test('in the field that the rule names, in any case', async () => {
    assert.equal(await nameOf({ path: '/custom', lines: ['x-MY-key', 'key-of-billing'] }), 'billing')
    const { seen } = await scene.pass({ path: '/custom', lines: ['X-My-Key', 'second-key', 'X_My_Key', 'second-key'] })
    assert.ok(!JSON.stringify(seen.lines).includes('second-key'), 'nor in a spelling that some servers read alike')
  })

  const denied = (name: string, apiKey: string, code: RefusedCall['code']): RefusedCall => ({
    name,
    call: { apiKey },
    code,
    ...(code === 'credentials.invalid' && { challenge: CHALLENGE }),
  })
  await scene.refuseAll(t, [
    denied('and a key of nobody is refused', 'no-such-key', 'credentials.invalid'),
    denied('and a key in another case is refused', 'KEY-OF-BILLING', 'credentials.invalid'),
    denied('and the beginning of a key is refused', 'key-of-billin', 'credentials.invalid'),
    denied('and an empty key is refused', '', 'credentials.invalid'),
    denied('and two keys in one line are refused', 'key-of-billing, second-key', 'credentials.invalid'),
    denied('and the key of an application of another API is refused', 'key-of-foreign', 'application.not_registered'),
    denied('and the key of a suspended application is refused', 'key-of-shut', 'application.suspended'),
    denied('and a key that two applications have is refused', 'shared-key', 'application.ambiguous'),
    {
      name: 'and two lines are refused, though one is right',
      call: { lines: ['X-Gateway-APIKey', 'key-of-billing', 'X-Gateway-APIKey', 'no-such-key'] },
      code: 'credentials.multiple',
      challenge: CHALLENGE,
    },
    { name: 'and no key is 401', call: {}, code: 'credentials.missing', challenge: CHALLENGE },
    {
      name: 'and a key in the query or a cookie is no key',
      call: { path: '/orders?x-gateway-apikey=key-of-billing', lines: ['Cookie', 'x-gateway-apikey=key-of-billing'] },
      code: 'credentials.missing',
      challenge: CHALLENGE,
    },
    {
      name: 'and a key in the default field is none where the rule names another',
      call: { path: '/custom', apiKey: 'key-of-billing' },
      code: 'credentials.missing',
      challenge: ['ApiKey realm="custom"'],
    },
  ])

  await t.test('and where any caller counts, a bad key is refused all the same', async () => {
    assert.equal(await nameOf({ path: '/everybody', apiKey: 'key-of-foreign' }), 'foreign')
    const refusal = { code: 'credentials.invalid', challenge: ['ApiKey realm="everybody"'] } as const
    await scene.refuse({ path: '/everybody', apiKey: 'wrong' }, refusal)
  })
  await t.test('and no key is in the log', () => {
    const log = JSON.stringify(scene.gateway.log)
    for (const key of ['key-of-', 'second-key', 'shared-key', 'no-such-key']) assert.ok(!log.includes(key), key)
  })
})
