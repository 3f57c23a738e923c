import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Application } from '../../../src/applications/application.ts'
import { ABSENT, pass, type RuleContext, toEligibility, toVerdict } from '../../../src/policies/identification-rule.ts'

function application(id: string, plan: Partial<Application> = {}): Application {
  return { id, name: id, owner: undefined, tier: undefined, suspended: false, apis: new Set(['orders']), ...plan }
}
const TOKEN: RuleContext = { kind: 'jwt', lookup: 'registered', presented: true, facts: {} }
const ADDRESS: RuleContext = { ...TOKEN, kind: 'ip_range', presented: false }

/** The verdict in two words: its kind, and the application or code. */
function wordsOf(found: Parameters<typeof toVerdict>[0], context: RuleContext): readonly (string | undefined)[] {
  const verdict = toVerdict(found, context)
  if (verdict.kind === 'passed') return [verdict.kind, verdict.facts.application?.id]
  return verdict.kind === 'absent' ? [verdict.kind] : [verdict.kind, verdict.denial.code]
}

describe('a verdict', () => {
  test('on an identified application is a pass, unless it is suspended', () => {
    assert.deepEqual(wordsOf({ kind: 'identified', application: application('a') }, TOKEN), ['passed', 'a'])
    const suspended = application('s', { suspended: true })
    assert.deepEqual(wordsOf({ kind: 'identified', application: suspended }, TOKEN), [
      'refused',
      'application.suspended',
    ])
    assert.deepEqual(wordsOf({ kind: 'identified', application: suspended }, ADDRESS), [
      'refused',
      'application.suspended',
    ])
    assert.deepEqual(wordsOf({ kind: 'unidentified', named: suspended }, TOKEN), ['refused', 'application.suspended'])
    assert.deepEqual(wordsOf({ kind: 'unidentified', named: suspended }, ADDRESS), [
      'ineligible',
      'application.not_registered',
    ])
  })

  test('on a tie is a refusal that names the candidates in the log only', () => {
    const verdict = toVerdict({ kind: 'ambiguous', candidates: ['a', 'b'] }, TOKEN)
    assert.deepEqual(verdict, {
      kind: 'refused',
      whatever: false,
      denial: { code: 'application.ambiguous', facts: { rule: 'jwt', candidates: 'a b' } },
    })
  })

  test('on nobody depends on the lookup and on whether something was presented', () => {
    const nobody = { kind: 'unidentified', named: undefined } as const
    assert.deepEqual(wordsOf(nobody, TOKEN), ['ineligible', 'application.unidentified'])
    assert.deepEqual(wordsOf({ kind: 'unidentified', named: application('a') }, TOKEN), [
      'ineligible',
      'application.not_registered',
    ])
    assert.deepEqual(wordsOf(nobody, { ...TOKEN, lookup: 'global_or_default' }), ['passed', 'sys:defaultApplication'])
    assert.equal(toVerdict(nobody, { ...ADDRESS, lookup: 'global_or_default' }), ABSENT)
  })

  test('of a rule that passed is frozen and says which rule it was', () => {
    const verdict = pass('api_key', { user: 'u' })
    assert.ok(verdict.kind === 'passed' && Object.isFrozen(verdict) && Object.isFrozen(verdict.facts))
    assert.deepEqual(verdict.facts, { user: 'u', identifiedBy: ['api_key'] })
  })
})

test('registered counts the applications of the API, every other lookup counts any', () => {
  const elsewhere = application('e', { apis: new Set(['billing']) })
  assert.equal(toEligibility('registered', 'orders')(elsewhere), false)
  assert.equal(toEligibility('registered', 'billing')(elsewhere), true)
  assert.equal(toEligibility('global', 'orders')(elsewhere), true)
  assert.equal(toEligibility('global_or_default', 'orders')(elsewhere), true)
})
