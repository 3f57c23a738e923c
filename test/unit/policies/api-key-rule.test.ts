import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeJudge, makePolicies } from '../../support/policy-bench.ts'

const BENCH = {
  applications: [
    { id: 'a', apiKeys: ['key-a'] },
    { id: 'b', apiKeys: ['twin'] },
    { id: 'c', apiKeys: ['twin'] },
  ],
}

test('an API key is read from the configured field, whatever the case of its name', async () => {
  const judge = makeJudge(makePolicies([{ kind: 'api_key', header: 'x-key' }]), BENCH)
  assert.equal((await judge({ lines: ['X-KEY', 'key-a'] })).word, 'a')
  assert.equal((await judge({ lines: ['x-gateway-apikey', 'key-a'] })).word, 'credentials.missing')
  assert.equal((await judge({ query: '?x-key=key-a' })).word, 'credentials.missing')
})

test('an unknown, empty or doubled key is refused with the challenge of its scheme, and never echoed', async () => {
  const judge = makeJudge(makePolicies([{ kind: 'api_key' }]), BENCH)
  for (const [lines, code] of [
    [['x-gateway-apikey', 'guessed-key'], 'credentials.invalid'],
    [['x-gateway-apikey', ''], 'credentials.invalid'],
    [['x-gateway-apikey', 'key-a', 'X-Gateway-ApiKey', 'key-a'], 'credentials.multiple'],
  ] as const) {
    const { denial } = await judge({ lines })
    assert.equal(denial?.code, code)
    assert.equal(denial?.scheme, 'ApiKey')
    assert.ok(!JSON.stringify(denial).includes('guessed-key'))
  }
})

test('a key of two applications is refused', async () => {
  const judge = makeJudge(makePolicies([{ kind: 'api_key' }]), BENCH)
  assert.equal((await judge({ lines: ['x-gateway-apikey', 'twin'] })).word, 'application.ambiguous')
})

test('the same key gets the same decision', async () => {
  const judge = makeJudge(makePolicies([{ kind: 'api_key' }]), BENCH)
  const one = await judge({ lines: ['x-gateway-apikey', 'key-a'] })
  const other = await judge({ lines: ['x-gateway-apikey', 'key-a'] })
  assert.equal(one.exchange.facts, other.exchange.facts)
})
