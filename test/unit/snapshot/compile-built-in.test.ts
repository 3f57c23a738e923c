import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPasswordChecker } from '../../../src/credentials/password.ts'
import { Counters } from '../../../src/metrics/counters.ts'
import { compileBuiltIn, compileFixedRoute } from '../../../src/snapshot/compile-built-in.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { sampleSettings } from '../../support/sample-settings.ts'

function compile() {
  const clock = createTestClock()
  const passwordChecker = createPasswordChecker({ users: [], clock, schedule: clock.schedule })
  return compileBuiltIn(sampleSettings(), { issuers: [], passwordChecker, counters: new Counters() })
}

test("the gateway's own paths answer GET, and are named apart from every API", () => {
  const paths = compile()
  assert.deepEqual([...paths.keys()].toSorted(), [
    '/.well-known/jwks.json',
    '/rest/pub/apigateway/jwt/certs',
    '/rest/pub/apigateway/jwt/getJsonWebToken',
  ])
  for (const [path, methods] of paths) {
    assert.deepEqual([...methods.keys()], ['GET'])
    assert.partialDeepStrictEqual(methods.get('GET')?.identity, { api: 'microgateway', template: path })
  }
  assert.deepEqual(paths.get('/rest/pub/apigateway/jwt/getJsonWebToken')?.get('GET')?.schemes, ['Basic'])
})

test('without an issuer the published set is there and empty', async () => {
  const reply = new FakeReply()
  await compile().get('/.well-known/jwks.json')?.get('GET')?.target.handle(makeExchange(), reply)
  assert.deepEqual([reply.status, JSON.parse(reply.text)], [200, { keys: [] }])
})

test('a fixed route is counted under its path', () => {
  const counters = new Counters()
  const target = { handle: () => assert.fail('nobody asks') }
  const route = compileFixedRoute('GET', '/a', target, counters)
  assert.equal(compileFixedRoute('GET', '/a', target, counters).counters, route.counters)
  assert.notEqual(compileFixedRoute('GET', '/b', target, counters).counters, route.counters)
})
