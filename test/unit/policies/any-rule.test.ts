import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideAny, findRefusal, type Otherwise } from '../../../src/policies/any-rule.ts'
import { ABSENT, pass, type RuleVerdict, refuse } from '../../../src/policies/identification-rule.ts'
import { PROCEED } from '../../../src/policies/policy.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'

const MISSING: Otherwise = {
  allowAnonymous: false,
  canPresent: true,
  missing: { kind: 'deny', denial: { code: 'credentials.missing' } },
}
const ANONYMOUS: Otherwise = { ...MISSING, allowAnonymous: true }
const TOKEN = pass('jwt', { jwt: makeVerifiedJwt() })
const KEY = pass('api_key', {})

function ineligible(presented: boolean): RuleVerdict {
  return { kind: 'ineligible', facts: {}, denial: { code: 'application.unidentified' }, presented }
}

test('the first that passed decides, with the very decision that it made', () => {
  assert.equal(decideAny([ABSENT, KEY, ABSENT], MISSING), KEY.kind === 'passed' && KEY.decision)
  assert.equal(decideAny([TOKEN, KEY], MISSING), TOKEN.kind === 'passed' && TOKEN.decision)
})

test('where none passed, the refusal says what the caller could do about it', () => {
  const codeOf = (verdicts: readonly RuleVerdict[], otherwise: Otherwise) => {
    const decision = decideAny(verdicts, otherwise)
    return decision.kind === 'deny' ? decision.denial.code : decision
  }
  assert.equal(codeOf([ABSENT, ABSENT], MISSING), 'credentials.missing')
  assert.equal(codeOf([ABSENT, ineligible(true)], MISSING), 'application.unidentified')
  assert.equal(codeOf([ABSENT, ineligible(false)], MISSING), 'credentials.missing')
  assert.equal(codeOf([ineligible(false)], { ...MISSING, canPresent: false }), 'application.unidentified')
  assert.equal(codeOf([ABSENT, ineligible(true)], ANONYMOUS), PROCEED)
})

test('an invalid credential refuses always, a tie only while nobody has passed', () => {
  const invalid = refuse({ code: 'token.expired' })
  const tie: RuleVerdict = { kind: 'refused', denial: { code: 'application.ambiguous' }, whatever: false }
  assert.equal(findRefusal(invalid, true)?.kind, 'deny')
  assert.equal(findRefusal(tie, false)?.kind, 'deny')
  assert.equal(findRefusal(tie, true), undefined)
  assert.equal(findRefusal(KEY, false), undefined)
})
