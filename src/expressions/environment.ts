import { Environment } from '@marcbachmann/cel-js'
import { LoopMeter, METERS } from './loop-work.ts'
import { VARIABLES } from './vocabulary.ts'

/** Bounds on one expression: what an operator writes by hand fits, what a generator could pile up does not. */
export const LIMITS = {
  maxAstNodes: 1_000,
  maxDepth: 64,
  maxListElements: 500,
  maxMapEntries: 100,
  maxCallArguments: 16,
}

/**
 * Creates the environment in which every `require` is checked and evaluated: the four variables and `hasScope()`.
 * What its loops do is counted by the meter. Claims are a map of unknown content; the others are dynamic because they may be null.
 */
export function createExpressionEnvironment(meter: LoopMeter = new LoopMeter()): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS })
  for (const name of VARIABLES.keys()) environment.registerVariable(name, name === 'claims' ? 'map' : 'dyn')
  environment.registerFunction('hasScope(ast): bool', expandHasScope)
  environment.registerFunction(`${METERS.loop}(dyn): dyn`, meter.takeLoop)
  environment.registerFunction(`${METERS.value}(dyn): dyn`, meter.takeValue)
  return environment
}

/** The few members of the library's macro protocol that are used here. */
interface Checker {
  check(node: unknown, context: unknown): { readonly name: string }
  getType(name: string): unknown
  createError(code: string, message: string, node: unknown): Error
}
interface Evaluator {
  run(node: unknown, context: unknown): unknown
}
interface Macro {
  readonly args: readonly unknown[]
}
interface Variables {
  getValue(name: string): unknown
}

/** A macro rather than a function, because only a macro sees the variables. */
function expandHasScope({ args }: Macro): unknown {
  return {
    args,
    async: false,
    typeCheck(checker: Checker, macro: Macro, context: unknown): unknown {
      const type = checker.check(macro.args[0], context).name
      if (type === 'string' || type === 'dyn') return checker.getType('bool')
      throw checker.createError('invalid_argument', 'hasScope() takes the name of a scope, a string', macro.args[0])
    },
    evaluate(evaluator: Evaluator, macro: Macro, context: Variables): boolean {
      const scope = evaluator.run(macro.args[0], context)
      return readScopes(context.getValue('token')).includes(scope)
    },
  }
}

function readScopes(token: unknown): readonly unknown[] {
  if (typeof token !== 'object' || token === null || !('scopes' in token)) return []
  return Array.isArray(token.scopes) ? token.scopes : []
}
