import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { claimsForApplication, claimsForUser, RESERVED_CLAIMS } from '../../../src/issuer/issued-claims.ts'
import { createIssuer, type IssuingAuthServer, isIssuing } from '../../../src/issuer/issuer.ts'
import { generatePrivateKey } from '../../../src/keys/generated-key.ts'
import { toSigningKey } from '../../../src/keys/signing-key.ts'
import type { SigningAlgorithm } from '../../../src/settings/model.ts'
import { createTestClock } from '../../support/clock.ts'

const RULES = { issuer: 'https://gw.example.com', lifetimeSeconds: 600, audience: 'orders' }

function authServer(algorithm: SigningAlgorithm): IssuingAuthServer {
  return {
    name: 'local',
    id: undefined,
    description: undefined,
    issuer: RULES.issuer,
    keys: { kind: 'own' },
    audience: [],
    algorithms: undefined,
    clockSkewSeconds: 30,
    requireExp: true,
    tokenGenerator: { algorithm, expiryMinutes: 10, audience: 'orders', keystore: 'k', keyAlias: 'a' },
    scopes: [],
    pointer: '',
  }
}

test('a token for a user says what the product’s does', () => {
  assert.deepEqual(claimsForUser(RULES, 'alice', undefined, 1_000_900), {
    sub: 'alice',
    iss: 'https://gw.example.com',
    aud: 'orders',
    nbf: 1000,
    iat: 1000,
    exp: 1600,
  })
  assert.deepEqual(claimsForUser(RULES, 'alice', 'app-1', 0)['aud'], ['app-1', 'orders'])
  assert.equal(claimsForUser(RULES, 'alice', 'app-1', 0)['app_id'], 'app-1')
})

test('without a configured audience there is no aud, or the application alone', () => {
  const rules = { ...RULES, audience: undefined }
  assert.ok(!('aud' in claimsForUser(rules, 'alice', undefined, 0)))
  assert.equal(claimsForUser(rules, 'alice', 'app-1', 0)['aud'], 'app-1')
})

test('a token for an application carries its own claims, and never a reserved one of theirs', () => {
  const forged = Object.fromEntries([...RESERVED_CLAIMS].map(name => [name, 'forged']))
  const claims = claimsForApplication(RULES, 'app-1', { ...forged, tenant: 'acme' }, 0)
  assert.deepEqual(claims, {
    tenant: 'acme',
    sub: 'app-1',
    iss: 'https://gw.example.com',
    aud: ['app-1', 'orders'],
    nbf: 0,
    iat: 0,
    exp: 600,
  })
})

test('tokens of every algorithm verify with the published key, by jose', async () => {
  const clock = createTestClock()
  for (const algorithm of ['RS256', 'RS384', 'RS512', 'ES256', 'EdDSA'] as const) {
    const key = toSigningKey(await generatePrivateKey(algorithm), algorithm)
    const issuer = createIssuer(authServer(algorithm), key, clock)
    const { jwt, expiresInSeconds } = await issuer.issueForUser('alice')
    const { payload } = await jwtVerify(jwt, { ...key.publicJwk }, { currentDate: new Date(clock.now()) })
    assert.equal(payload.sub, 'alice')
    assert.equal(expiresInSeconds, 600)
    assert.deepEqual(decodeProtectedHeader(jwt), { alg: algorithm, kid: key.kid })
  }
})

test('a life time can be shortened and never lengthened', async () => {
  const key = toSigningKey(await generatePrivateKey('ES256'), 'ES256')
  const issuer = createIssuer(authServer('ES256'), key, createTestClock())
  assert.equal((await issuer.issueForApplication('a', {}, 60)).expiresInSeconds, 60)
  assert.equal((await issuer.issueForApplication('a', {}, 6000)).expiresInSeconds, 600)
  assert.equal((await issuer.issueForUser('alice', undefined, 6000)).expiresInSeconds, 600)
})

test('only an auth server with issuer and token generator issues', () => {
  assert.ok(isIssuing(authServer('RS256')))
  assert.ok(!isIssuing({ ...authServer('RS256'), issuer: undefined }))
  assert.ok(!isIssuing({ ...authServer('RS256'), tokenGenerator: undefined }))
})
