import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBinding, UNBOUND } from '../../../src/tokens/token-binding.ts'
import { toClaims } from '../../support/make-jwt.ts'

const DIGEST = Buffer.alloc(32, 7).toString('base64url')
const read = (claims: Readonly<Record<string, unknown>>): unknown => {
  const binding = readBinding(toClaims(claims))
  return binding.ok ? binding.value : binding.error.code
}

test('a token without cnf is its bearer’s', () => {
  assert.equal(read({ sub: 'alice' }), UNBOUND)
})

test('DP-06 MT-02 a token is bound to a key, to a certificate, or to both', () => {
  assert.deepEqual(read({ cnf: { jkt: DIGEST } }), { jkt: DIGEST, x5tS256: undefined })
  assert.deepEqual(read({ cnf: { 'x5t#S256': DIGEST } }), { jkt: undefined, x5tS256: DIGEST })
  assert.deepEqual(read({ cnf: { jkt: DIGEST, 'x5t#S256': DIGEST } }), { jkt: DIGEST, x5tS256: DIGEST })
  assert.deepEqual(
    read({ cnf: { jkt: DIGEST, kid: 'x' } }),
    { jkt: DIGEST, x5tS256: undefined },
    'RFC 7800 section 3.1',
  )
})

test('a cnf that cannot be checked here makes a token useless, never free', () => {
  for (const cnf of [null, 'x', 7, true, [], [{ jkt: DIGEST }], {}, { kid: 'x' }, { jwk: {} }, { JKT: DIGEST }]) {
    assert.equal(read({ cnf }), 'token.claim_invalid', JSON.stringify(cnf))
  }
})

test('a token of type DPoP that names no key is bound to one that is not known here (RFC 9449 section 6.2)', () => {
  for (const type of ['DPoP', 'dpop']) {
    assert.equal(read({ token_type: type }), 'token.claim_invalid', type)
    assert.equal(read({ token_type: type, cnf: { 'x5t#S256': DIGEST } }), 'token.claim_invalid', type)
    assert.deepEqual(read({ token_type: type, cnf: { jkt: DIGEST } }), { jkt: DIGEST, x5tS256: undefined })
  }
  for (const type of ['Bearer', 'N_A', ['DPoP'], null]) assert.equal(read({ token_type: type }), UNBOUND)
})

test('MT-01 an x5t#S256 that is no digest matches no certificate', () => {
  for (const value of [
    null,
    '',
    7,
    [],
    [DIGEST],
    'abc',
    `${DIGEST}=`,
    DIGEST.slice(1),
    Buffer.alloc(20).toString('base64url'),
  ]) {
    assert.equal(read({ cnf: { 'x5t#S256': value } }), 'token.certificate_mismatch', JSON.stringify(value))
    assert.equal(read({ cnf: { jkt: DIGEST, 'x5t#S256': value } }), 'token.certificate_mismatch', JSON.stringify(value))
  }
})

test('a jkt that is no thumbprint fits no proof', () => {
  for (const jkt of [null, '', 7, [DIGEST], 'abc', `${DIGEST}=`]) {
    assert.equal(read({ cnf: { jkt } }), 'token.claim_invalid', JSON.stringify(jkt))
  }
})
