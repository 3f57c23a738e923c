/** Product.md 4, rule `http_basic`: a configured user with the right password, and never a hint which of the two was wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basicOf } from '../support/call.ts'
import { makePasswordHash } from '../support/password-hash.ts'
import { fieldsOf, openScene, type Places, type RefusedCall } from '../support/scene.ts'

const hash = makePasswordHash('pässword: with a colon')

const settings = ({ upstream }: Places): string => `
users:
  - { name: alice, password_hash: "${hash}" }
  - { name: bob, password_hash: "${hash}" }
  - { name: carol, password_hash: "${hash}" }
applications:
  - { id: billing, name: billing, apis: [ orders ], identifiers: { users: [ alice ] } }
  - { id: shut, name: shut, suspended: true, apis: [ orders ], identifiers: { users: [ carol ] } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ identify_and_authorize: { rules: [ { http_basic: {} } ] } ] }
  - name: anyone
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { http_basic: {}, applications: none } ] } ]
`

const PASSWORD = 'pässword: with a colon'
const CHALLENGE = ['Basic realm="orders", charset="UTF-8"']

test('a user’s password', async t => {
  const scene = await openScene(t, { settings })

  await t.test('identifies the application that lists the user, and is not passed on', async () => {
    const { seen, record } = await scene.pass({ basic: `alice:${PASSWORD}` })
    assert.equal(record['microgateway.application'], 'billing')
    assert.equal(record['user.name'], 'alice')
    assert.equal(fieldsOf(seen)['authorization'], undefined)
  })
  await t.test('is enough where no application is asked for', async () => {
    const { record } = await scene.pass({ path: '/anyone', basic: `bob:${PASSWORD}` })
    assert.equal(record['user.name'], 'bob')
    assert.equal(record['microgateway.application'], undefined)
  })
  await t.test('counts with the scheme in any case', async () => {
    await scene.pass({ lines: ['Authorization', basicOf(`alice:${PASSWORD}`).replace('Basic', 'bAsIc')] })
  })

  const malformed = (name: string, value: string): RefusedCall => ({
    name: `is refused ${name}`,
    call: { lines: ['Authorization', value] },
    code: 'credentials.malformed',
    challenge: CHALLENGE,
  })
  const good = basicOf(`alice:${PASSWORD}`)
  await scene.refuseAll(t, [
    {
      name: 'is refused for a user without application',
      call: { basic: `bob:${PASSWORD}` },
      code: 'application.unidentified',
    },
    {
      name: 'is refused where the application is suspended',
      call: { basic: `carol:${PASSWORD}` },
      code: 'application.suspended',
    },
    { name: 'must be there', call: {}, code: 'credentials.missing', challenge: CHALLENGE },
    {
      name: 'is not asked for by a token',
      call: { token: 'a.b.c' },
      code: 'credentials.missing',
      challenge: CHALLENGE,
    },
    malformed('with nothing behind the scheme', 'Basic'),
    malformed('with characters outside base64', 'Basic !!!!'),
    malformed('in base64url', basicOf('alice:??>>~~').replaceAll('+', '-').replaceAll('/', '_')),
    malformed('without its padding', basicOf('alice:a').replace(/=+$/, '')),
    malformed('with loose last bits', 'Basic YWxpY2U6YR=='),
    malformed('without a colon', basicOf('alice')),
    malformed('that is not UTF-8', `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`),
    malformed('with a NUL in it', basicOf('alice:\u0000')),
    {
      name: 'is refused twice in one line',
      call: { lines: ['Authorization', `${good} ${good.slice(6)}`] },
      code: 'credentials.multiple',
      challenge: [],
    },
  ])

  await t.test('that is wrong, and a user that does not exist, get the same answer', async () => {
    const refusal = { code: 'credentials.invalid', challenge: CHALLENGE } as const
    const wrong = await scene.refuse({ basic: 'alice:wrong' }, refusal)
    const unknown = await scene.refuse({ basic: `mallory:${PASSWORD}` }, refusal)
    const same = ({ body }: { body: string }): string => body.replace(/urn:uuid:[^"]+/, '')
    assert.equal(same(wrong), same(unknown))
  })
  await t.test('is not in the log, right or wrong', () => {
    const log = JSON.stringify(scene.gateway.log)
    for (const secret of ['pässword', 'wrong', good.slice(6), hash.slice(-20)]) assert.ok(!log.includes(secret), secret)
  })
})
