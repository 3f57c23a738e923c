import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Application } from '../../../src/applications/application.ts'
import { chooseAmong } from '../../../src/applications/identification.ts'

function application(id: string, ...apis: string[]): Application {
  return { id, name: id, owner: undefined, tier: undefined, suspended: false, apis: new Set(apis) }
}
const isEligible = ({ apis }: Application): boolean => apis.has('orders')

test('one eligible application is chosen, several are a tie, and none is nobody', () => {
  const a = application('a', 'orders')
  const b = application('b', 'orders')
  const c = application('c')
  assert.deepEqual(chooseAmong([c, a], isEligible), { kind: 'identified', application: a })
  assert.deepEqual(chooseAmong([a, b], isEligible), { kind: 'ambiguous', candidates: ['a', 'b'] })
  assert.deepEqual(chooseAmong([], isEligible), { kind: 'unidentified', named: undefined })
  assert.deepEqual(chooseAmong([c], isEligible), { kind: 'unidentified', named: c })
  assert.deepEqual(chooseAmong([c, application('d')], isEligible), { kind: 'unidentified', named: undefined })
})
