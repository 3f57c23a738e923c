import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ABSENT } from '../../../src/policies/identification-rule.ts'
import { compileClientCertificateRule, compileOauth2Rule } from '../../../src/policies/unbuilt-rules.ts'
import { makeExchange } from '../../support/exchange.ts'

test('rules of features that are not built never pass', async () => {
  const exchange = makeExchange()
  for (const rule of [compileOauth2Rule(true), compileOauth2Rule(false), compileClientCertificateRule()]) {
    assert.equal(await rule.evaluate({}, exchange), ABSENT)
    const verdict = await rule.evaluate({ bearer: 'opaque' }, exchange)
    assert.notEqual(verdict.kind, 'passed')
  }
})

test('a bearer token that only introspection could judge is refused as our lack, not the caller’s', async () => {
  const verdict = await compileOauth2Rule(false).evaluate({ bearer: 'opaque' }, makeExchange())
  assert.equal(verdict.kind === 'refused' && verdict.denial.code, 'keys.unavailable')
})
