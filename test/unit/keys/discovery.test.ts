import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDiscovery } from '../../../src/keys/discovery.ts'

const ISSUER = 'https://idp.example/realms/staff'
const ORIGIN = { url: `${ISSUER}/.well-known/openid-configuration`, issuer: ISSUER, allowHttp: false }
const JWKS = 'https://idp.example/jwks'

function read(document: unknown, origin: Partial<typeof ORIGIN> = {}) {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  return readDiscovery(Buffer.from(text), { ...ORIGIN, ...origin })
}

test('MD-04: the document of the configured issuer names the key set', () => {
  assert.deepEqual(read({ issuer: ISSUER, jwks_uri: JWKS, token_endpoint: 7 }), { ok: true, value: JWKS })
})

test('MD-05: any other issuer is refused, and what it said can be logged', () => {
  for (const issuer of [`${ISSUER}/`, ISSUER.toUpperCase(), 'https://evil.example', '', 'x'.repeat(5000)]) {
    const refused = read({ issuer, jwks_uri: JWKS })
    assert.ok(!refused.ok)
    assert.deepEqual(refused.error, { reason: 'another issuer', found: issuer.slice(0, 200) })
  }
  assert.equal(read({ issuer: ISSUER, jwks_uri: JWKS }, { issuer: 'other' }).ok, false)
})

test('what is no discovery document is refused in a few words', () => {
  for (const [document, reason] of [
    ['<!doctype html>', 'not json'],
    ['[]', 'not json'],
    ['null', 'not json'],
    ['{}', 'no issuer'],
    [{ issuer: [ISSUER], jwks_uri: JWKS }, 'no issuer'],
    [{ issuer: ISSUER }, 'no jwks_uri'],
    [{ issuer: ISSUER, jwks_uri: 7 }, 'no jwks_uri'],
    [{ issuer: ISSUER, jwks_uri: `https://idp.example/${'x'.repeat(3000)}` }, 'no jwks_uri'],
    [{ issuer: ISSUER, jwks_uri: '/jwks' }, 'bad jwks_uri'],
    [{ issuer: ISSUER, jwks_uri: 'file:///etc/passwd' }, 'bad jwks_uri'],
    [{ issuer: ISSUER, jwks_uri: 'https://user:secret@idp.example/jwks' }, 'bad jwks_uri'],
  ] as const)
    assert.deepEqual(read(document), { ok: false, error: { reason } })
  assert.equal(readDiscovery(Buffer.from([0xff]), ORIGIN).ok, false)
})

test('plain http is for loopback that speaks of itself, or where it is permitted', () => {
  const local = { issuer: ISSUER, jwks_uri: 'http://127.0.0.1:8080/jwks' }
  assert.deepEqual(read(local), { ok: false, error: { reason: 'http not allowed' } })
  assert.ok(read(local, { url: 'http://127.0.0.1:8080/x' }).ok)
  assert.ok(!read({ issuer: ISSUER, jwks_uri: 'http://idp.example/jwks' }, { url: 'http://127.0.0.1/x' }).ok)
  assert.ok(read({ issuer: ISSUER, jwks_uri: 'http://idp.example/jwks' }, { allowHttp: true }).ok)
})
