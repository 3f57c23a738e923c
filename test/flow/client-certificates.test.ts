/** Product.md 3 and 4: an application is recognised by the certificate of its connection, where that was verified. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprintOf, makeCallers, openSecureScene } from '../support/mutual-tls.ts'
import type { Refusal } from '../support/scene.ts'

const { authority, billing, other, stranger } = makeCallers()
const DENIED: Refusal = { code: 'application.unidentified' }

/** One API with these rules; the application `billing` is known by `identifiers`. */
const settings =
  (identifiers: string, rules: string, more = '') =>
  ({ upstream }: { readonly upstream: string }): string =>
    `
applications:
  - { name: billing, apis: [ orders ], identifiers: { client_certificates: [ ${identifiers} ] } }
${more}
apis:
  - { name: orders, upstream: "${upstream}", policies: [ { identify_and_authorize: { rules: [ ${rules} ] } } ] }`

const RULE = '{ client_certificate: {} }'

test('an application is known by fingerprint, by any alternative name, or by subject', async t => {
  const fingerprint = fingerprintOf(billing.cert)
  const identifiers: readonly string[] = [
    '{ fingerprint: "WITH:COLONS" }',
    '{ fingerprint: "plain" }',
    '{ san: billing.example.com }',
    '{ san: BILLING.example.com }',
    '{ san: "spiffe://example.com/billing" }',
    '{ san: 192.0.2.7 }',
    `{ subject: 'CN=billing,O=Example\\, Inc.,C=DE' }`,
    `{ subject: 'cn=billing, o=Example\\2c Inc., c=DE' }`,
  ]
  for (const identifier of identifiers) {
    await t.test(identifier, async t => {
      const written = identifier
        .replace('WITH:COLONS', fingerprint)
        .replace('plain', fingerprint.replaceAll(':', '').toLowerCase())
      const { pass, refuse, scene } = await openSecureScene(t, authority, settings(written, RULE))
      await pass({ certificate: billing })
      const record = scene.gateway.log.find(line => line['microgateway.decision'] === 'allow')
      assert.equal(record?.['microgateway.application'], 'billing')
      await refuse({ certificate: other }, DENIED)
      await refuse({ certificate: stranger }, DENIED)
      await refuse({}, DENIED)
    })
  }
})

test('nothing but the whole of a name counts', async t => {
  const near = [
    '{ san: example.com }',
    '{ san: "*.example.com" }',
    '{ san: "spiffe://example.com/Billing" }',
    '{ san: "spiffe://example.com" }',
    '{ subject: CN=billing }',
    `{ subject: 'C=DE,O=Example\\, Inc.,CN=billing' }`,
    `{ subject: 'CN=Billing,O=Example\\, Inc.,C=DE' }`,
    '{ san: billing }',
  ]
  const { refuse } = await openSecureScene(t, authority, settings(near.join(', '), RULE))
  await refuse({ certificate: billing }, DENIED)
})

test('a certificate of two applications is a tie', async t => {
  const twin = '  - { name: twin, apis: [ orders ], identifiers: { client_certificates: [ { san: 192.0.2.7 } ] } }'
  const { refuse } = await openSecureScene(t, authority, settings('{ san: billing.example.com }', RULE, twin))
  await refuse({ certificate: billing }, { code: 'application.ambiguous' })
})

test('a suspended application is refused at once, whatever other rules say', async t => {
  const gone =
    '  - { name: gone, apis: [ orders ], suspended: true, identifiers: { client_certificates: [ { subject: CN=other } ] } }'
  const rules = `{ jwt: {}, applications: none }, ${RULE}`
  const { pass, refuse, scene } = await openSecureScene(
    t,
    authority,
    settings('{ san: billing.example.com }', rules, gone),
  )
  const token = await scene.keys.sign({})
  await pass({ token })
  await refuse({ certificate: other }, { code: 'application.suspended' })
  await refuse({ certificate: other, token }, { code: 'application.suspended' })
})

test('beside another rule no certificate yields to it, and one without an application does, too', async t => {
  const { pass, refuse, scene } = await openSecureScene(
    t,
    authority,
    settings('{ san: billing.example.com }', `${RULE}, { jwt: {}, applications: none }`),
  )
  const token = await scene.keys.sign({})
  await pass({ certificate: billing })
  await pass({ token })
  await pass({ certificate: other, token })
  await refuse({}, { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] })
  await refuse({ certificate: other }, DENIED)
  await refuse({ certificate: billing, token: 'forged' }, { code: 'token.malformed', challenge: 'invalid_token' })
})

test('`applications: none` takes every verified certificate, and no other', async t => {
  const { pass, refuse } = await openSecureScene(
    t,
    authority,
    settings('{ san: billing.example.com }', '{ client_certificate: {}, applications: none }'),
  )
  await pass({ certificate: other })
  await refuse({ certificate: stranger }, DENIED)
  await refuse({}, DENIED)
})

test('over plain HTTP nobody has a certificate, whatever the fields say', async t => {
  const { scene } = await openSecureScene(t, authority, settings('{ san: billing.example.com }', RULE))
  const encoded = encodeURIComponent(billing.cert)
  const fields = ['X-Client-Cert', 'X-SSL-Client-Cert', 'X-Forwarded-Client-Cert', 'Client-Cert', 'ssl-client-verify']
  await scene.refuse({ lines: fields.flatMap(name => [name, encoded]) }, DENIED)
})
