/** Product.md 4, rules `ip_range` and `host_name`: the address of the client, and nothing that the client says about itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScene, type Places } from '../support/scene.ts'

const ranges =
  (more: string) =>
  ({ upstream }: Places): string =>
    `
${more}
applications:
  - { id: near, name: near, apis: [ orders ], identifiers: { ip_ranges: [ 127.0.0.0/8 ] } }
  - { id: office, name: office, apis: [ orders ], identifiers: { ip_ranges: [ 10.0.0.0/24, 192.0.2.10-192.0.2.20 ] } }
  - { id: v6, name: v6, apis: [ orders ], identifiers: { ip_ranges: [ "2001:db8::/32" ] } }
  - { id: lab, name: lab, apis: [ orders ], identifiers: { ip_ranges: [ 10.0.0.128/25 ] } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ identify_and_authorize: { rules: [ { ip_range: {} } ] } ] }
`

test('the client’s address names an application, and what the client says of itself does not', async t => {
  const scene = await openScene(t, { settings: ranges('') })
  for (const lines of [
    [],
    ['X-Forwarded-For', '10.0.0.7'],
    ['Forwarded', 'for=10.0.0.7'],
    ['X-Real-IP', '10.0.0.7', 'X-Client-IP', '10.0.0.7'],
  ]) {
    const { record } = await scene.pass({ lines })
    assert.equal(record['microgateway.application'], 'near')
    assert.equal(record['client.address'], '127.0.0.1')
  }
})

test('behind a trusted proxy it is the rightmost hop that is none', async t => {
  const scene = await openScene(t, { settings: ranges('trusted_proxies: [ 127.0.0.0/8, 10.9.9.9 ]') })
  const from = (hops: string): { lines: string[] } => ({ lines: ['X-Forwarded-For', hops] })

  const named = [
    ['10.0.0.7', 'office'],
    ['192.0.2.20', 'office'],
    ['203.0.113.1, 10.0.0.7', 'office'],
    ['10.0.0.7, 10.9.9.9', 'office'],
    ['2001:db8:1::1', 'v6'],
    ['::ffff:10.0.0.7', 'office'],
  ] as const
  for (const [hops, application] of named) {
    await t.test(`${hops} is ${application}`, async () => {
      const { record } = await scene.pass(from(hops))
      assert.equal(record['microgateway.application'], application)
    })
  }
  await scene.refuseAll(t, [
    { name: 'one outside every range is refused', call: from('192.0.2.21'), code: 'application.unidentified' },
    {
      name: 'a right one to the left of a stranger is refused',
      call: from('10.0.0.7, 203.0.113.1'),
      code: 'application.unidentified',
    },
    { name: 'one in two applications’ ranges is refused', call: from('10.0.0.200'), code: 'application.ambiguous' },
    {
      name: 'two accounts that differ are refused',
      call: { lines: ['X-Forwarded-For', '10.0.0.7', 'Forwarded', 'for=10.0.0.8'] },
      code: 'request.forwarding_contradictory',
    },
  ])
})

test('the client’s address is one of those that a configured name resolves to', async t => {
  const settings = ({ upstream }: Places): string => `
trusted_proxies: [ 127.0.0.0/8 ]
applications:
  - { id: near, name: near, apis: [ orders ], identifiers: { host_names: [ localhost ] } }
  - { id: far, name: far, apis: [ orders ], identifiers: { host_names: [ far.example.invalid ] } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ identify_and_authorize: { rules: [ { host_name: {} } ] } ] }
`
  const scene = await openScene(t, { settings })
  for (let turns = 0; (await scene.call()).status !== 200; turns++) assert.ok(turns < 500, 'the name is resolved')

  await t.test('whatever the Host field says', async () => {
    const { record } = await scene.pass({ host: 'far.example.invalid' })
    assert.equal(record['microgateway.application'], 'near')
  })
  await t.test('and another address is refused, whatever name it has', async () => {
    const call = { host: 'localhost', lines: ['X-Forwarded-For', '203.0.113.9'] }
    await scene.refuse(call, { code: 'application.unidentified' })
  })
})
