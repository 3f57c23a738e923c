import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AudienceCheck, AudienceVerdict } from '../../../src/policies/audience-check.ts'
import { compileTokenJudge, type Judgement } from '../../../src/policies/token-judge.ts'
import type { ApplicationLookup } from '../../../src/settings/model.ts'
import type { VerifiedJwt } from '../../../src/tokens/jwt.ts'
import { makeVerifiedJwt } from '../../support/make-jwt.ts'
import { makeParts } from '../../support/policy-bench.ts'

const APPLICATIONS = [
  { id: 'registered', claimSets: [{ sub: 'registered' }], apis: ['orders'] },
  { id: 'known', claimSets: [{ sub: 'known' }], apis: ['invoices'] },
  { id: 'suspended', claimSets: [{ sub: 'suspended' }], apis: ['orders'], suspended: true },
]

/** Judges a token under a rule; `seen` is the application that the audience was checked for. */
function judge(lookup: ApplicationLookup, token: VerifiedJwt, verdict: AudienceVerdict = 'accepted') {
  const seen: (string | undefined)[] = []
  const audience: AudienceCheck = {
    judge(_token, application) {
      seen.push(application?.id)
      return verdict
    },
    namesPath: () => false,
  }
  const rule = { kind: 'jwt', lookup, audience, toFacts: (jwt: VerifiedJwt) => ({ jwt }) } as const
  const judgement = compileTokenJudge(rule, makeParts({ applications: APPLICATIONS }))(token)
  return { judgement, seen, said: say(judgement) }
}

function say({ verdict }: Judgement): string {
  if (verdict.kind === 'passed') return `passed ${verdict.facts.application?.id ?? '(nobody)'}`
  return verdict.kind === 'absent' ? 'absent' : `${verdict.kind} ${verdict.denial.code}`
}

const from = (sub: string): VerifiedJwt => makeVerifiedJwt({ sub })

test('who is suspended is refused under every lookup', () => {
  for (const lookup of ['registered', 'global'] as const)
    assert.equal(judge(lookup, from('suspended')).said, 'refused application.suspended')
  const owned = makeVerifiedJwt({ sub: 'x' }, { keyOwner: 'suspended' })
  assert.equal(judge('none', owned).said, 'refused application.suspended', 'the owner of the key')
})

test('an application counts as its lookup says', () => {
  assert.equal(judge('registered', from('registered')).said, 'passed registered')
  assert.equal(judge('global', from('known')).said, 'passed known')
  assert.equal(judge('none', from('known')).said, 'passed (nobody)')
  assert.match(judge('registered', from('known')).said, /^ineligible /)
})

test('the audience is judged for the application that was found, and by path only where no value is right in itself', () => {
  assert.deepEqual(judge('registered', from('registered')).seen, ['registered'])
  assert.deepEqual(judge('none', from('registered')).seen, [undefined])
  assert.equal(judge('none', from('a'), 'missing').said, 'refused token.claim_missing')
  assert.equal(judge('none', from('a'), 'rejected').said, 'refused token.audience_rejected')
  const byPath = judge('none', from('a'), 'by path').judgement
  assert.deepEqual([byPath.verdict.kind, byPath.needsPath], ['passed', true])
})

test('a binding that cannot be read refuses; one that can be is told with every verdict', () => {
  const bound = (cnf: unknown) => judge('registered', makeVerifiedJwt({ sub: 'known', cnf })).judgement
  for (const cnf of [1, [], { jkt: 5 }, { kid: 'a' }])
    assert.equal(bound(cnf).verdict.kind, 'refused', JSON.stringify(cnf))
  const judged = bound({ jkt: 'A'.repeat(43) })
  assert.notEqual(judged.binding, undefined)
  assert.notEqual(judged.verdict.kind, 'passed')
})
