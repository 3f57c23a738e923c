import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileTokenSplit } from '../../../src/policies/token-split.ts'
import { makeRule, type RulePlan } from '../../support/policy-bench.ts'

const ISSUERS = new Map([['idp', 'https://idp.example.com']])
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwtOf = (iss: unknown): string => `${encode({ alg: 'ES256' })}.${encode({ iss })}.AA`

const KNOWN = jwtOf('https://idp.example.com')
const FOREIGN = jwtOf('https://other.example.com')
const BROKEN = `${encode({ alg: 'ES256' })}.AA.AA`
const TOKENS = { KNOWN, FOREIGN, BROKEN, opaque: 'opaque', dotted: 'a.b.c', long: 'x'.repeat(2_000) }

/** `j`: for jwt rules; `o`: for oauth2 rules; one letter a token. */
function split(rules: readonly RulePlan[], acceptJwt: boolean): string {
  const { isForJwt, isForIntrospection } = compileTokenSplit(rules.map(makeRule), ISSUERS, 1_000)
  return Object.values(TOKENS)
    .map(token => `${isForJwt(token) ? 'j' : ''}${isForIntrospection(token, acceptJwt) ? 'o' : ''}`)
    .join(' ')
}

test('where both kinds stand together, each token is for one of them', () => {
  const both = (acceptJwt: boolean): RulePlan[] => [{ kind: 'jwt' }, { kind: 'oauth2', acceptJwt }]
  assert.equal(split(both(false), false), 'j j j o o j')
  assert.equal(split(both(true), true), 'j o j o o j')
})

test('where one kind stands alone, all tokens are for it', () => {
  assert.equal(split([{ kind: 'jwt' }, { kind: 'api_key' }], false), 'jo jo jo jo jo jo')
  assert.equal(split([{ kind: 'oauth2', acceptJwt: false }], false), 'jo jo jo jo jo jo')
})
