import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bench, makeJudge, makePolicies, presenting, type RulePlan } from '../../support/policy-bench.ts'

const BENCH: Bench = {
  applications: [
    { id: 'a', ipRanges: [{ kind: 'block', address: '10.0.0.0', prefix: 24 }] },
    { id: 'b', ipRanges: [{ kind: 'range', from: '10.0.0.5', to: '10.0.0.6' }] },
    { id: 'elsewhere', apis: [], ipRanges: [{ kind: 'block', address: '10.0.9.0', prefix: 24 }] },
    { id: 's', suspended: true, ipRanges: [{ kind: 'block', address: '10.0.8.0', prefix: 24 }] },
  ],
  users: { alice: 'wonder' },
}

function judgeWith(...rules: RulePlan[]) {
  const judge = makeJudge(makePolicies(rules), BENCH)
  return async (from: string, lines: readonly string[] = []) => (await judge({ ...presenting({ from }), lines })).word
}

test('ip_range goes by the client address and refuses ties', async () => {
  const judge = judgeWith({ kind: 'ip_range' })
  assert.equal(await judge('10.0.0.1'), 'a')
  assert.equal(await judge('10.0.0.5'), 'application.ambiguous')
  assert.equal(await judge('10.0.1.1'), 'application.unidentified')
  assert.equal(await judge('10.0.9.1'), 'application.not_registered')
  assert.equal(await judge('10.0.8.1'), 'application.suspended')
  assert.equal(await judge('not an address'), 'application.unidentified')
})

test('an address that means nothing asks for the credentials that other rules take', async () => {
  const judge = judgeWith({ kind: 'ip_range' }, { kind: 'http_basic' })
  assert.equal(await judge('10.0.1.1'), 'credentials.missing')
  assert.equal(await judge('10.0.9.1'), 'credentials.missing')
})

test('global_or_default takes no address for a credential', async () => {
  const judge = judgeWith({ kind: 'ip_range', applications: 'global_or_default' })
  assert.equal(await judge('10.0.9.1'), 'elsewhere')
  assert.equal(await judge('11.0.0.1'), 'application.unidentified')
})
