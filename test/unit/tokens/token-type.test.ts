import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAccessTokenType } from '../../../src/tokens/token-type.ts'

test('AT-06, JWT-09, BCP-13: access tokens, plain JWTs and tokens without a type are accepted', () => {
  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'application/JWT', 'JOSE'])
    assert.ok(isAccessTokenType(typ), String(typ))
})

test('BCP-14: a JWT of another kind is no access token', () => {
  for (const typ of [
    'dpop+jwt',
    'backend+jwt',
    'logout+jwt',
    'secevent+jwt',
    'client-authentication+jwt',
    'token-introspection+jwt',
    '',
    'at+jwt ',
    'text/at+jwt',
    'JOSE+JSON',
  ])
    assert.ok(!isAccessTokenType(typ), typ)
})
