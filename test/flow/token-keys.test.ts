/** Product.md 3: every algorithm, every place that keys come from, and the algorithms that an auth server allows. */
import { createSign, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { makeCertificate } from '../support/certificate.ts'
import { createTestClock } from '../support/clock.ts'
import { openScene, type Places } from '../support/scene.ts'
import { type AsymmetricName, createTestKey, keyFromPem, signWithSecret } from '../support/test-key.ts'

const ALL = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const

const api = (upstream: string, authServers: string): string =>
  `apis: [ { name: orders, upstream: "${upstream}", policies: [ jwt: ${authServers} ] } ]`

test('a token of every asymmetric algorithm passes with the keys of a JWKS URI', async t => {
  const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
${api(upstream, 'idp')}`
  const scene = await openScene(t, { settings, algorithms: ALL })
  for (const key of scene.keys.keys) {
    await t.test(key.alg, async () => {
      await scene.pass({ token: await scene.keys.sign({}, { key }) })
    })
  }
})

test('only the algorithms that an auth server lists are accepted, whatever its keys could do', async t => {
  const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}", algorithms: [ ES256, PS256 ] }
${api(upstream, 'idp')}`
  const scene = await openScene(t, { settings, algorithms: ALL })
  for (const key of scene.keys.keys) {
    const token = await scene.keys.sign({}, { key })
    const isListed = key.alg === 'ES256' || key.alg === 'PS256'
    await t.test(`${key.alg} is ${isListed ? 'one' : 'none'} of them`, async () => {
      if (isListed) await scene.pass({ token })
      else await scene.refuse({ token }, { code: 'token.algorithm_not_allowed', challenge: 'invalid_token' })
    })
  }
})

test('keys of a JWKS file verify, those that cannot be used spoil nothing', async t => {
  const names: readonly AsymmetricName[] = ['RS256', 'ES384', 'EdDSA']
  const keys = names.map(alg => createTestKey(alg))
  const weak = createTestKey('RS256', { modulusLength: 1024 })
  const product = createTestKey('RS384')
  const unusable = [{ kty: 'RSA' }, { kty: 'oct', k: 'c2VjcmV0', kid: 'shared', alg: 'HS256' }, 7]
  const document = {
    keys: [...unusable, weak.jwk, ...keys.map(({ jwk }) => jwk), { ...product.jwk, alg: 'RSA' }],
  }
  const settings = ({ upstream }: Places): string => `
security_settings:
  auth_servers:
    - { name: filed, localIntrospectionConfig: { issuer: filed, jwks_file: keys.json } }
${api(upstream, 'filed')}`
  const scene = await openScene(t, { settings, files: { 'keys.json': JSON.stringify(document) } })
  const claims = { iss: 'filed' }

  for (const key of [...keys, product]) {
    await t.test(`${key.alg}`, async () => {
      await scene.pass({ token: await scene.keys.sign(claims, { key }) })
    })
  }
  await t.test('an RSA key of 1024 bits is not used', async () => {
    // jose does not sign with it, either.
    const parts = [
      { alg: 'RS256', kid: weak.kid },
      { ...claims, exp: 4e9 },
    ]
    const signed = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    const token = `${signed}.${createSign('sha256').update(signed).sign(weak.privateKey, 'base64url')}`
    await scene.refuse({ token }, { code: 'token.key_unknown', challenge: 'invalid_token' })
  })
  await t.test('a secret in the set is not used', async () => {
    const token = await signWithSecret({ ...claims, exp: 4e9 }, Buffer.from('secret'), { alg: 'HS256', kid: 'shared' })
    await scene.refuse({ token }, { code: 'token.key_unknown', challenge: 'invalid_token' })
  })
})

test('the certificate that an alias of a trust store names verifies tokens, whatever kid they have', async t => {
  const [pinned, other] = [makeCertificate('DNS:partner', 'rsa:2048'), makeCertificate('DNS:other', 'rsa:2048')]
  const settings = ({ upstream }: Places): string => `
security_settings:
  truststores:
    - name: partners
      entries:
        - { alias: other-2026, certificate: other.crt }
        - { alias: partner-2026, certificate: partner.crt }
  auth_servers:
    - name: partner
      localIntrospectionConfig: { issuer: partner, trustStoreAlias: partners, certificateAlias: partner-2026 }
${api(upstream, 'partner')}`
  const scene = await openScene(t, { settings, files: { 'partner.crt': pinned.cert, 'other.crt': other.cert } })
  const { fingerprint256 } = new X509Certificate(pinned.cert)
  const key = keyFromPem('RS256', pinned.key)

  for (const kid of [undefined, 'theirs', fingerprint256]) {
    await t.test(`kid ${kid ?? '(none)'}`, async () => {
      await scene.pass({ token: await scene.keys.sign({ iss: 'partner' }, { key, header: { kid } }) })
    })
  }
  await t.test('and no other certificate of the store does', async () => {
    const token = await scene.keys.sign({ iss: 'partner' }, { key: keyFromPem('RS256', other.key) })
    await scene.refuse({ token }, { code: 'token.signature_invalid', challenge: 'invalid_token' })
  })
})

test('a certificate that has expired verifies nothing, and that is our lack', async t => {
  const pinned = makeCertificate('DNS:partner')
  const settings = ({ upstream }: Places): string => `
security_settings:
  truststores: [ { name: partners, entries: [ { alias: old, certificate: partner.crt } ] } ]
  auth_servers:
    - { name: partner, localIntrospectionConfig: { issuer: partner, trustStoreAlias: partners, certificateAlias: old } }
${api(upstream, 'partner')}`
  const clock = createTestClock(Date.now())
  const scene = await openScene(t, { settings, clock, files: { 'partner.crt': pinned.cert } })
  const key = keyFromPem('ES256', pinned.key)
  const token = await scene.keys.sign({ iss: 'partner', exp: clock.seconds() + 864_000 }, { key })
  await scene.pass({ token })
  clock.advance(3 * 86_400_000)
  await scene.refuse({ token }, { code: 'keys.unavailable' })
})

test('an auth server without keys is our lack, not the caller’s', async t => {
  const settings = ({ upstream }: Places): string => `
security_settings:
  auth_servers: [ { name: idp, localIntrospectionConfig: { issuer: keyless } } ]
${api(upstream, 'idp')}`
  const scene = await openScene(t, { settings })
  const token = await scene.keys.sign({ iss: 'keyless' })
  const answer = await scene.refuse({ token }, { code: 'keys.unavailable' })
  t.assert.match(answer.field('retry-after') ?? '', /^\d+$/)
})
