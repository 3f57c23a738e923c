import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bench, makeJudge, makePolicies, presenting } from '../../support/policy-bench.ts'

const BENCH: Bench = {
  applications: [
    { id: 'a', users: ['alice', 'slow'] },
    { id: 'b', users: ['twin'] },
    { id: 'c', users: ['twin'] },
    { id: 'd', apis: [], users: ['dora'] },
  ],
  users: { alice: 'wonder', slow: 'down', twin: 'x', dora: 'x', free: 'x' },
}

test('a user identifies the application that lists it', async () => {
  const judge = makeJudge(makePolicies([{ kind: 'http_basic' }]), BENCH)
  const word = async (basic: string) => (await judge(presenting({ basic }))).word
  assert.equal(await word('alice:wonder'), 'a')
  assert.equal(await word('slow:down'), 'a')
  assert.equal(await word('alice:x'), 'credentials.invalid')
  assert.equal(await word('nobody:x'), 'credentials.invalid')
  assert.equal(await word('twin:x'), 'application.ambiguous')
  assert.equal(await word('dora:x'), 'application.not_registered')
  assert.equal(await word('free:x'), 'application.unidentified')
  assert.equal(await word('crowd:x'), 'gateway.overloaded')
  assert.equal((await judge(presenting({ token: 'abc' }))).word, 'credentials.missing')
  assert.equal((await judge({ lines: ['authorization', 'Basic !'] })).word, 'credentials.malformed')
})

test('with applications: none the user alone is known', async () => {
  const judge = makeJudge(makePolicies([{ kind: 'http_basic', applications: 'none' }]), BENCH)
  const { word, exchange } = await judge(presenting({ basic: 'free:x' }))
  assert.equal(word, '(none)')
  assert.deepEqual(exchange.facts, { user: 'free', identifiedBy: ['http_basic'] })
})
