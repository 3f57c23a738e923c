import type { ExpressionCompiler } from '../expressions/expression.ts'
import type { RequireSettings } from '../settings/model.ts'
import { createExpressionViews } from './expression-views.ts'
import { type Decision, type Policy, PROCEED } from './policy.ts'

/**
 * Compiles `require`: a CEL expression over claims, token, application and request that must come out true. False, anything else,
 * and an error in evaluation, such as a missing claim, are refusals (product.md 4, step 8).
 * Throws where the expression does not compile: settings are checked before, so that is a defect.
 */
export function compileRequire(
  { expression: text, pointer }: RequireSettings,
  expressions: ExpressionCompiler,
): Policy {
  const compiled = expressions.compile(text)
  if (!compiled.ok) throw new Error(`the expression at ${pointer} does not compile: ${compiled.error.message}`)
  const expression = compiled.value
  const views = createExpressionViews()
  const refuse = (reason: string): Decision => ({
    kind: 'deny',
    denial: { code: 'requirement.not_met', facts: { requirement: text, reason } },
  })
  const notMet = Object.freeze(refuse('false'))

  return {
    name: 'require',
    stage: 'identifyAndAccess',
    evaluate(exchange) {
      const verdict = expression.evaluate(views.of(exchange))
      if (!verdict.ok) return refuse(verdict.reason)
      return verdict.value ? PROCEED : notMet
    },
  }
}
