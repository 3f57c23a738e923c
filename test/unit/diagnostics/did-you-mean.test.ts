import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../../../src/diagnostics/did-you-mean.ts'

const KEYS = ['issuer', 'jwksuri', 'trustStoreAlias', 'certificateAlias', 'clock_skew', 'http', 'https']

test('letter case, dashes and underscores do not count as differences', () => {
  assert.equal(nearest('jwksUri', KEYS), 'jwksuri')
  assert.equal(nearest('jwks_uri', KEYS), 'jwksuri')
  assert.equal(nearest('trust-store-alias', KEYS), 'trustStoreAlias')
  assert.equal(nearest('clockSkew', KEYS), 'clock_skew')
})

test('a wrong, missing, extra or swapped letter is forgiven', () => {
  for (const name of ['jwksurl', 'jwksri', 'jwksurii', 'jwskuri']) assert.equal(nearest(name, KEYS), 'jwksuri', name)
})

test('short names need to be closer than long ones', () => {
  assert.equal(nearest('htpps', KEYS), 'https')
  assert.equal(nearest('ab', ['cd']), undefined)
  assert.equal(nearest('upstream', KEYS), undefined)
})

test('the nearest of several wins', () => {
  assert.equal(nearest('staff_idp', ['staff', 'staff-idq', 'staff-idp']), 'staff-idp')
})

test('a name that is a candidate itself needs no suggestion', () => {
  assert.equal(nearest('http', KEYS), undefined)
})

test('names that cannot be compared have no neighbour', () => {
  assert.equal(nearest('', KEYS), undefined)
  assert.equal(nearest('___', KEYS), undefined)
  assert.equal(nearest('x'.repeat(100_000), ['x'.repeat(99_999)]), undefined)
  assert.equal(nearest('issuer', []), undefined)
})
