import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { createClientAuthentication, signingAlgorithmOf } from '../../../src/introspection/client-authentication.ts'
import { thumbprintOf } from '../../../src/keys/verification-key.ts'
import type { IntrospectionClientSettings } from '../../../src/settings/introspection-settings.ts'
import { Secret } from '../../../src/settings/secret.ts'
import { createTestClock } from '../../support/clock.ts'

const clock = createTestClock()
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' })

async function authenticate(
  client: IntrospectionClientSettings,
  privateKey?: KeyObject,
): Promise<{ fields: Readonly<Record<string, string>>; form: Record<string, string> }> {
  const assertionKey = privateKey === undefined ? undefined : { privateKey, certificates: [] }
  const form = new URLSearchParams()
  const make = createClientAuthentication(client, { clock, audience: 'https://idp.example.com', assertionKey })
  const fields = await make(form)
  return { fields, form: Object.fromEntries(form) }
}

test('basic sends ID and secret form-encoded, so that a colon in the ID cannot shift the border', async () => {
  const { fields, form } = await authenticate({ kind: 'basic', clientId: 'a:b c', clientSecret: new Secret('d%ü') })
  assert.equal(fields['authorization'], `Basic ${Buffer.from('a%3Ab+c:d%25%C3%BC').toString('base64')}`)
  assert.deepEqual(form, {})
})

test('post sends them in the form, and nothing in a field', async () => {
  const { fields, form } = await authenticate({ kind: 'post', clientId: 'me', clientSecret: new Secret('shh') })
  assert.deepEqual(fields, {})
  assert.deepEqual(form, { client_id: 'me', client_secret: 'shh' })
})

test('with a client certificate, or nobody to be, there is no secret', async () => {
  assert.deepEqual(await authenticate({ kind: 'tls', clientId: 'me' }), { fields: {}, form: { client_id: 'me' } })
  assert.deepEqual(await authenticate({ kind: 'none' }), { fields: {}, form: {} })
})

test('private_key_jwt signs an assertion of its own for each question (RFC 7523 section 3)', async () => {
  const client: IntrospectionClientSettings = { kind: 'private_key_jwt', clientId: 'me', keystore: 'x', keyAlias: 'y' }
  const { form } = await authenticate(client, EC.privateKey)
  const assertion = form['client_assertion'] ?? ''
  assert.equal(form['client_id'], 'me')
  assert.equal(form['client_assertion_type'], 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  const { payload, protectedHeader } = await jwtVerify(assertion, EC.publicKey, {
    currentDate: new Date(clock.now()),
    audience: 'https://idp.example.com',
    issuer: 'me',
    subject: 'me',
  })
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 60)
  assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'JWT', kid: thumbprintOf(EC.publicKey) })
  const again = await authenticate(client, EC.privateKey)
  assert.notEqual(decodeJwt(again.form['client_assertion'] ?? '').jti, payload.jti)
})

test('the key decides the algorithm', async () => {
  const keys: readonly (readonly [KeyObject, string | undefined])[] = [
    [EC.privateKey, 'ES256'],
    [generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'ES384'],
    [generateKeyPairSync('ed25519').privateKey, 'EdDSA'],
    [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'RS256'],
    [generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey, undefined],
    [generateKeyPairSync('x25519').privateKey, undefined],
    [createPublicKey(EC.privateKey), undefined],
  ]
  for (const [key, algorithm] of keys) {
    assert.equal(signingAlgorithmOf(key), algorithm)
    if (algorithm === undefined) continue
    const { form } = await authenticate({ kind: 'private_key_jwt', clientId: 'me', keystore: 'x', keyAlias: 'y' }, key)
    assert.equal(decodeProtectedHeader(form['client_assertion'] ?? '').alg, algorithm)
  }
})

test('without a key there is no assertion: a defect, as settings are checked before', async () => {
  const client = { kind: 'private_key_jwt', clientId: 'me', keystore: 'x', keyAlias: undefined } as const
  await assert.rejects(authenticate(client), TypeError)
})
