import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange, Facts } from '../../../src/exchange/exchange.ts'
import { NO_FACTS, runChain } from '../../../src/policies/chain.ts'
import { type Decision, type Policy, PROCEED } from '../../../src/policies/policy.ts'
import { makeExchange } from '../../support/exchange.ts'

const user = (name: string): Decision => ({ kind: 'proceed', facts: { user: name } })
const edit = (name: string): Decision => ({ kind: 'proceed', edits: [{ remove: name }] })
const no: Decision = { kind: 'deny', denial: { code: 'requirement.not_met' } }

/** A policy that notes that it ran, and what the exchange said then. */
function policy(decide: (exchange: Exchange) => Decision | Promise<Decision>, seen: Facts[] = []): Policy {
  return {
    name: 'test',
    stage: 'identifyAndAccess',
    evaluate(exchange) {
      seen.push(exchange.facts)
      return decide(exchange)
    },
  }
}

function exchange(): Exchange {
  return { ...makeExchange(), facts: NO_FACTS }
}

test('a chain in which nobody waits answers at once', () => {
  assert.equal(runChain([], exchange()), undefined)
  const seen: Facts[] = []
  const one = exchange()
  assert.equal(runChain([policy(() => user('alice'), seen), policy(() => PROCEED, seen)], one), undefined)
  assert.deepEqual(seen, [{}, { user: 'alice' }])
  assert.deepEqual(one.facts, { user: 'alice' })
})

test('policies run one after the other, also where some of them wait', async () => {
  const order: string[] = []
  const late = (name: string) =>
    policy(async () => {
      await new Promise(resolve => setImmediate(resolve))
      order.push(name)
      return edit(name)
    })
  const early = (name: string) =>
    policy(() => {
      order.push(name)
      return edit(name)
    })
  const one = exchange()
  assert.equal(await runChain([early('a'), late('b'), early('c'), late('d')], one), undefined)
  assert.deepEqual(order, ['a', 'b', 'c', 'd'])
  assert.deepEqual(
    one.edits,
    ['a', 'b', 'c', 'd'].map(remove => ({ remove })),
  )
})

test('the first refusal ends the chain, and what came before it stays written', async () => {
  const never = policy(() => assert.fail('a policy after a refusal'))
  const one = exchange()
  assert.deepEqual(runChain([policy(() => user('alice')), policy(() => no), never], one), {
    code: 'requirement.not_met',
  })
  assert.deepEqual(one.facts, { user: 'alice' })
  const late = runChain([policy(async () => user('bob')), policy(() => no), never], exchange())
  assert.ok(late instanceof Promise)
  assert.equal((await late)?.code, 'requirement.not_met')
  assert.equal((await runChain([policy(async () => no), never], exchange()))?.code, 'requirement.not_met')
})

test('facts add up, and a later one replaces an earlier one of its name', () => {
  const one = exchange()
  const identified: Decision = { kind: 'proceed', facts: { identifiedBy: ['jwt'] } }
  runChain([policy(() => user('alice')), policy(() => identified), policy(() => user('bob'))], one)
  assert.deepEqual(one.facts, { user: 'bob', identifiedBy: ['jwt'] })
  assert.deepEqual(NO_FACTS, {}, 'what exchanges share is never written')
})

test('a decision without facts and edits writes nothing', () => {
  const one = exchange()
  const { edits } = one
  runChain([policy(() => PROCEED), policy(() => ({ kind: 'proceed', edits: [] }))], one)
  assert.equal(one.facts, NO_FACTS)
  assert.equal(one.edits, edits)
})

test('an exception of a policy passes through, at once or late', async () => {
  const defect = new Error('a defect')
  const fails = policy(() => {
    throw defect
  })
  const never = policy(() => assert.fail('a policy after a defect'))
  assert.throws(() => runChain([fails, never], exchange()), defect)
  await assert.rejects(async () => runChain([policy(async () => PROCEED), fails, never], exchange()), defect)
  const rejects = policy(() => Promise.reject(defect))
  await assert.rejects(async () => runChain([rejects, never], exchange()), defect)
})
