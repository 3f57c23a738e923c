import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bench, makeJudge, makePolicies, presenting, type RulePlan } from '../../support/policy-bench.ts'

const BENCH: Bench = {
  applications: [
    { id: 'a', hostNames: ['build.example.com'] },
    { id: 'elsewhere', apis: [], hostNames: ['else.example.com'] },
    { id: 's', suspended: true, hostNames: ['old.example.com'] },
  ],
  hostNames: {
    '192.0.2.7': ['build.example.com'],
    '192.0.2.8': ['else.example.com'],
    '192.0.2.10': ['old.example.com'],
  },
}

function judgeWith(...rules: RulePlan[]) {
  const judge = makeJudge(makePolicies(rules), BENCH)
  return async (from: string, lines: readonly string[] = []) => (await judge({ ...presenting({ from }), lines })).word
}

test('host_name goes by the addresses of the names, never by the Host field', async () => {
  const judge = judgeWith({ kind: 'host_name' })
  assert.equal(await judge('192.0.2.7'), 'a')
  assert.equal(await judge('192.0.2.8'), 'application.not_registered')
  assert.equal(await judge('192.0.2.10'), 'application.suspended')
  assert.equal(await judge('192.0.2.9', ['host', 'build.example.com']), 'application.unidentified')
})
