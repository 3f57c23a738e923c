import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createExpressionEnvironment } from '../../../src/expressions/environment.ts'
import { lintExpression } from '../../../src/expressions/lint.ts'

const environment = createExpressionEnvironment()

/** The marked part of the text; undefined where there is nothing to say. */
function markedIn(text: string): string | undefined {
  const problem = lintExpression(environment.parse(text).ast)
  return problem === undefined ? undefined : text.slice(...problem.range)
}

test('the mark is the member, the variable or the pattern that is wrong', () => {
  assert.equal(markedIn("claims.anything.goes == 'x' && request.parameters.id == 'x'"), undefined)
  assert.equal(markedIn("request.path == 'x' && application.nmae == 'x'"), 'nmae')
  assert.equal(markedIn("'x' in [request.body]"), 'body')
  assert.equal(markedIn('has(token.jti)'), 'jti')
  assert.equal(markedIn("claims.roles.exists(request, request == 'x')"), 'request')
  assert.equal(markedIn(String.raw`claims.sub.matches(r'(.)\1')`), String.raw`r'(.)\1'`)
})

test('a pattern may use everything that both engines know', () => {
  for (const pattern of ['^a[b-d]+(?:e|f)*$', 'x{2,10}', '(a)(b)', 'a|b', '[0-9]{1,3}']) {
    assert.equal(markedIn(`claims.sub.matches('${pattern}')`), undefined, pattern)
  }
})
