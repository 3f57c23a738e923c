import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeJudge, makePolicies } from '../../support/policy-bench.ts'

test('another scheme is refused before credentials are looked at', async () => {
  const judge = makeJudge(makePolicies([{ kind: 'jwt' }], {}, { protocols: ['https'] }), {})
  assert.equal((await judge()).word, 'request.https_required')
  assert.equal((await judge({ lines: ['authorization', 'Bearer'] })).word, 'request.https_required')
  assert.equal((await judge({ head: { scheme: 'https' } })).word, 'credentials.missing')
})

test('http alone refuses https, and both refuse nothing', async () => {
  const httpOnly = makeJudge(makePolicies([], {}, { protocols: ['http'] }), {})
  assert.equal((await httpOnly({ head: { scheme: 'https' } })).word, 'request.https_required')
  assert.equal((await httpOnly()).word, '(none)')
  assert.equal((await makeJudge(makePolicies([]), {})({ head: { scheme: 'https' } })).word, '(none)')
})
