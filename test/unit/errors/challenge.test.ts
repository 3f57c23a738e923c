import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CATALOGUE, type ErrorCode, entryOf } from '../../../src/errors/catalogue.ts'
import { challengesFor, type SchemeName } from '../../../src/errors/challenge.ts'
import type { Denial } from '../../../src/errors/denial.ts'

function challenges(denial: Denial, schemes: readonly SchemeName[] = ['Bearer'], realm = 'orders'): readonly string[] {
  return challengesFor(denial, { realm, schemes })
}

test('BR-05 BR-09 without credentials there is one challenge a scheme and no error code', () => {
  assert.deepEqual(challenges({ code: 'credentials.missing' }, ['Bearer', 'Basic', 'ApiKey', 'Basic']), [
    'Bearer realm="orders"',
    'Basic realm="orders", charset="UTF-8"',
    'ApiKey realm="orders"',
  ])
})

test('PX-21 every 401 of the catalogue has a challenge, whatever the route offers', () => {
  const codes = Object.keys(CATALOGUE) as ErrorCode[]
  for (const code of codes.filter(one => entryOf(one).status === 401)) {
    for (const schemes of [[], ['ApiKey'], ['Bearer', 'Basic']] as const) {
      assert.ok(challenges({ code }, schemes).length > 0, code)
    }
  }
})

test('BR-08 a bad token, a bad request and a missing scope have their error codes', () => {
  assert.deepEqual(challenges({ code: 'token.expired' }), [
    'Bearer realm="orders", error="invalid_token", error_description="The token has expired"',
  ])
  assert.deepEqual(challenges({ code: 'credentials.multiple' }), [
    'Bearer realm="orders", error="invalid_request", error_description="More than one set of credentials of one kind"',
  ])
  assert.deepEqual(challenges({ code: 'scope.insufficient', scope: 'read write' }), [
    'Bearer realm="orders", error="insufficient_scope", error_description="The token does not have the required scope", scope="read write"',
  ])
})

test('issuer, key, algorithm and signature failures read alike', () => {
  const codes = [
    'token.issuer_unknown',
    'token.key_unknown',
    'token.algorithm_not_allowed',
    'token.signature_invalid',
  ] as const
  const texts = codes.map(code => challenges({ code, facts: { kid: 'secret-kid' } }).join())
  assert.equal(new Set(texts).size, 1)
})

test('a refused key or password is challenged in its own scheme', () => {
  assert.deepEqual(challenges({ code: 'credentials.invalid', scheme: 'ApiKey' }, ['Bearer', 'ApiKey']), [
    'ApiKey realm="orders"',
  ])
  assert.deepEqual(challenges({ code: 'credentials.malformed', scheme: 'Basic' }, ['Basic']), [
    'Basic realm="orders", charset="UTF-8"',
  ])
})

test('a route that takes no bearer token asks for none with a 400', () => {
  assert.deepEqual(challenges({ code: 'credentials.multiple' }, ['ApiKey']), [])
})

test('what is not about credentials has no challenge', () => {
  assert.deepEqual(challenges({ code: 'route.not_found' }), [])
  assert.deepEqual(challenges({ code: 'application.unidentified' }), [])
})

test('BR-07 parameters cannot be broken out of', () => {
  assert.deepEqual(challenges({ code: 'credentials.missing' }, ['Bearer'], 'a"b\\c\r\nX: y\u20ac'), [
    'Bearer realm="a\\"b\\\\c??X: y?"',
  ])
  const [challenge = ''] = challenges({ code: 'token.expired', detail: 'say "no\\" \r\n\u0001\u00e9' })
  assert.match(challenge, /error_description="say 'no'' {1}\?\?\?\?"$/)
  const [scoped = ''] = challenges({ code: 'scope.insufficient', scope: 'a b"c d\\e f\u00e9 g' })
  assert.match(scoped, /scope="a g"$/)
})

test('DP-07 a refused proof is challenged in the scheme DPoP, with the algorithms that are taken', () => {
  const algorithms = ['ES256', 'EdDSA']
  const algs = 'algs="ES256 EdDSA"'
  assert.deepEqual(challenges({ code: 'credentials.missing', algorithms }, ['Bearer', 'DPoP']), [
    'Bearer realm="orders"',
    `DPoP realm="orders", ${algs}`,
  ])
  assert.deepEqual(challenges({ code: 'dpop.missing', algorithms }), [
    `DPoP realm="orders", error="invalid_dpop_proof", error_description="The DPoP proof is missing", ${algs}`,
  ])
  assert.deepEqual(challenges({ code: 'dpop.nonce_needed' }), [
    'DPoP realm="orders", error="use_dpop_nonce", error_description="The DPoP proof needs a nonce of this gateway"',
  ])
  assert.deepEqual(challenges({ code: 'token.expired', scheme: 'DPoP', algorithms }), [
    `DPoP realm="orders", error="invalid_token", error_description="The token has expired", ${algs}`,
  ])
})

test('DP-08 a bound bearer token is told that DPoP would have been right', () => {
  assert.deepEqual(challenges({ code: 'token.proof_required', scheme: 'Bearer', algorithms: ['ES256'] }), [
    'Bearer realm="orders", error="invalid_token", error_description="The token is bound to a key and needs a DPoP proof"',
    'DPoP realm="orders", algs="ES256"',
  ])
})

test('where tokens come in the scheme DPoP alone, a token that nobody says more of came in it', () => {
  assert.deepEqual(challenges({ code: 'token.expired' }, ['DPoP']), [
    'DPoP realm="orders", error="invalid_token", error_description="The token has expired"',
  ])
})
