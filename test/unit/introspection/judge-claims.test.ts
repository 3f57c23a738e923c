import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toIntrospectedToken } from '../../../src/introspection/judge-claims.ts'
import { toClaims } from '../../support/make-jwt.ts'

const RULES = { authServer: 'sso', issuer: 'https://sso.example.com', clockSkewSeconds: 30 }

function judge(claims: Readonly<Record<string, unknown>>, issuer: string | undefined = RULES.issuer): string {
  const token = toIntrospectedToken(toClaims(claims), { ...RULES, issuer })
  return token.ok ? `of ${token.value.issuer}` : token.error.code
}

test('iss must be that of the auth server where both are known', () => {
  assert.equal(judge({}), 'of https://sso.example.com')
  assert.equal(judge({ iss: 'https://sso.example.com' }), 'of https://sso.example.com')
  for (const iss of ['https://SSO.example.com', 'https://sso.example.com/', '']) {
    assert.equal(judge({ iss }), 'token.issuer_unknown', iss)
  }
  for (const iss of [7, null, ['https://sso.example.com'], {}]) assert.equal(judge({ iss }), 'token.claim_invalid')
  const without = toIntrospectedToken(toClaims({ iss: 'x' }), { ...RULES, issuer: undefined })
  assert.equal(without.ok && without.value.issuer, 'x')
})

test('only access tokens are taken, however active the others are', () => {
  for (const kind of ['refresh_token', 'Refresh_Token', 'urn:ietf:params:oauth:token-type:id_token']) {
    assert.equal(judge({ token_type: kind }), 'token.inactive', kind)
  }
  for (const typ of ['Refresh', 'Offline', 'ID']) assert.equal(judge({ typ }), 'token.inactive', typ)
  for (const kind of ['Bearer', 'DPoP', 'N_A', 'access_token'])
    assert.match(judge({ token_type: kind, typ: 'Bearer' }), /^of/)
})

test('times and audience are read as those of a JWT, and exp may be missing', () => {
  const token = toIntrospectedToken(toClaims({ exp: 100, nbf: 50, iat: 60, aud: 'a' }), RULES)
  assert.ok(token.ok)
  assert.deepEqual([token.value.expiresAtMs, token.value.notBeforeMs, token.value.audience], [130_000, 30_000, ['a']])
  for (const claims of [{ exp: '1' }, { nbf: null }, { iat: [1] }, { aud: 7 }, { aud: [7] }, { aud: null }]) {
    assert.equal(judge(claims), 'token.claim_invalid', JSON.stringify(claims))
  }
})
