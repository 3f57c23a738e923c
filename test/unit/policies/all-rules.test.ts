import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideAll } from '../../../src/policies/all-rules.ts'
import type { Otherwise } from '../../../src/policies/any-rule.ts'
import { ABSENT, type IdentificationRule, pass } from '../../../src/policies/identification-rule.ts'

const OTHERWISE: Otherwise = {
  allowAnonymous: false,
  canPresent: true,
  missing: { kind: 'deny', denial: { code: 'credentials.missing' } },
}
const KEY_RULE: IdentificationRule = { kind: 'api_key', scheme: 'ApiKey', evaluate: () => ABSENT }
const ADDRESS_RULE: IdentificationRule = { kind: 'ip_range', scheme: undefined, evaluate: () => ABSENT }

function passAs(id: string) {
  return pass('api_key', {
    application: { id, name: id, owner: undefined, tier: undefined, suspended: false, apis: new Set<string>() },
  })
}

test('all must pass and agree; the facts of all are joined', () => {
  const rules = [KEY_RULE, KEY_RULE]
  const agreed = decideAll(rules, [passAs('a'), passAs('a')], OTHERWISE)
  assert.equal(agreed.kind === 'proceed' && agreed.facts?.application?.id, 'a')
  const differ = decideAll(rules, [passAs('a'), passAs('b')], OTHERWISE)
  assert.deepEqual(differ.kind === 'deny' && [differ.denial.code, differ.denial.facts], [
    'application.mismatch',
    { applications: 'a b' },
  ])
})

test('the first rule that did not pass says why', () => {
  const codeFor = (...rules: IdentificationRule[]) => {
    const decision = decideAll([KEY_RULE, ...rules], [passAs('a'), ...rules.map(() => ABSENT)], OTHERWISE)
    return decision.kind === 'deny' ? decision.denial.code : decision.kind
  }
  assert.equal(codeFor(KEY_RULE), 'credentials.missing')
  assert.equal(codeFor(ADDRESS_RULE), 'application.unidentified')
  assert.equal(codeFor(ADDRESS_RULE, KEY_RULE), 'application.unidentified')
})

test('no rules at all let nobody through', () => {
  const decision = decideAll([], [], OTHERWISE)
  assert.equal(decision.kind === 'deny' && decision.denial.code, 'application.unidentified')
})
