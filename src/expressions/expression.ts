/**
 * CEL behind our own few functions: compile, check, evaluate. No other room knows the library.
 * Nothing here decides what a result means, does I/O, or waits. `policies/require.ts` evaluates; `check` and the settings pipeline check.
 */
import type { Environment, ParseResult } from '@marcbachmann/cel-js'
import { nearest } from '../diagnostics/did-you-mean.ts'
import type { Result } from '../errors/denial.ts'
import { createExpressionEnvironment } from './environment.ts'
import { type ExpressionProblem, lintExpression } from './lint.ts'
import { LoopMeter, type MeteredText, meterLoops } from './loop-work.ts'
import { type ExpressionVariables, VARIABLES } from './vocabulary.ts'

const MAX_LENGTH = 4_096

/** What an evaluation came to. The reason is a code and a part of the expression: nothing of the caller's. */
export type Verdict = { readonly ok: true; readonly value: boolean } | { readonly ok: false; readonly reason: string }

/** A compiled expression; immutable, usable for any number of requests. */
export interface Expression {
  readonly text: string
  /** Evaluates at once. An error, such as a missing claim, and a result that is not a boolean are not `ok`: the caller refuses. Never throws. */
  evaluate(variables: ExpressionVariables): Verdict
}

/** Compiles and checks expressions. */
export interface ExpressionCompiler {
  /** Returns the compiled expression, or the first thing that is wrong with it. */
  compile(text: string): Result<Expression, ExpressionProblem>
  /** Returns the first thing that is wrong with an expression, or undefined. Fits `ExpressionCheck` of the settings pipeline. */
  check(text: string): ExpressionProblem | undefined
}

/** Creates a compiler; dear enough (about 1 ms) to be made once for all expressions. */
export function createExpressionCompiler(): ExpressionCompiler {
  const meter = new LoopMeter()
  const environment = createExpressionEnvironment(meter)
  const compile = (text: string): Result<Expression, ExpressionProblem> => compileWith(environment, meter, text)
  return {
    compile,
    check(text) {
      const compiled = compile(text)
      return compiled.ok ? undefined : compiled.error
    },
  }
}

function compileWith(environment: Environment, meter: LoopMeter, text: string): Result<Expression, ExpressionProblem> {
  if (text.trim() === '') return refuse({ message: 'the expression is empty', range: [0, Math.max(1, text.length)] })
  if (text.length > MAX_LENGTH) {
    return refuse({
      message: `the expression is longer than ${MAX_LENGTH} characters`,
      range: [MAX_LENGTH, text.length],
    })
  }
  const parsed = attempt(() => environment.parse(text))
  if (!parsed.ok) return refuse(toProblem(parsed.error, text, environment))
  const problem = lintExpression(parsed.value.ast) ?? checkTypes(parsed.value, text, environment)
  if (problem !== undefined) return refuse(problem)
  const metered = meterLoops(text, parsed.value.ast)
  if (metered === undefined) return { ok: true, value: createExpression(parsed.value, text) }
  const counted = attempt(() => environment.parse(metered.text))
  if (!counted.ok || !counted.value.check().valid) {
    return refuse({ message: 'the work of its loops cannot be bounded', range: [0, text.length] })
  }
  return { ok: true, value: createLoopingExpression(counted.value, text, metered, meter) }
}

function checkTypes(parsed: ParseResult, text: string, environment: Environment): ExpressionProblem | undefined {
  const { valid, type, error } = parsed.check()
  if (!valid) return toProblem(error, text, environment)
  if (type === 'bool' || type === 'dyn') return undefined
  return {
    message: `the expression gives a ${type ?? 'value'}, not true or false`,
    range: [0, text.length],
    help: 'compare it with something, as in `claims.tenant == "acme"`',
  }
}

function createExpression(parsed: ParseResult, text: string): Expression {
  return { text, evaluate: variables => run(parsed, variables, error => describeFailure(error, text)) }
}

/** Who sends long lists gets a refusal, not the work: whatever the loops came to by then counts for nothing. */
function createLoopingExpression(
  parsed: ParseResult,
  text: string,
  metered: MeteredText,
  meter: LoopMeter,
): Expression {
  return {
    text,
    evaluate(variables) {
      meter.restart()
      const verdict = run(parsed, variables, error => describeFailure(error, text, metered))
      return meter.isOver ? { ok: false, reason: 'too_many_loop_steps' } : verdict
    },
  }
}

function run(parsed: ParseResult, variables: ExpressionVariables, describe: (error: unknown) => string): Verdict {
  const result = attempt((): unknown => parsed(variables))
  if (!result.ok) return { ok: false, reason: describe(result.error) }
  if (typeof result.value === 'boolean') return { ok: true, value: result.value }
  return { ok: false, reason: 'not_boolean' }
}

/** The library throws for everything it does not like; nothing that it throws may pass this room. */
function attempt<T>(run: () => T): Result<T, unknown> {
  try {
    return { ok: true, value: run() }
  } catch (error) {
    return { ok: false, error }
  }
}

/** The library's message may quote a claim: only its code and our own text are kept. */
function describeFailure(error: unknown, text: string, metered?: MeteredText): string {
  const { code, range } = readError(error)
  const [start, end] = range?.map(at => metered?.toWritten(at) ?? at) ?? [0, 0]
  const part = text.slice(start, end)
  return part === '' ? code : `${code}: ${part}`
}

function toProblem(error: unknown, text: string, environment: Environment): ExpressionProblem {
  const { code, summary, range: found } = readError(error)
  const range = found ?? [0, text.length]
  const message = summary === '' ? code : summary.charAt(0).toLowerCase() + summary.slice(1)
  const near = suggest(code, text.slice(range[0], range[1]), environment)
  return {
    message,
    range: widen(range, text),
    ...(near === undefined ? {} : { label: `did you mean \`${near}\`?`, help: `write \`${near}\`` }),
  }
}

/** An end of the text has no width of its own: the last character is marked instead. */
function widen([start, end]: readonly [number, number], text: string): readonly [number, number] {
  if (end > start) return [start, end]
  return start < text.length ? [start, start + 1] : [Math.max(0, text.length - 1), text.length]
}

function suggest(code: string, part: string, environment: Environment): string | undefined {
  if (code === 'unknown_variable') return nearest(part, VARIABLES.keys())
  if (code !== 'no_matching_overload') return undefined
  const name = /(?:^|\.)([A-Za-z_]+)\([^()]*\)$/.exec(part)?.[1]
  if (name === undefined) return undefined
  return nearest(
    name,
    environment.getDefinitions().functions.map(definition => definition.name),
  )
}

interface LibraryError {
  readonly code: string
  readonly summary: string
  readonly range: readonly [number, number] | undefined
}

function readError(error: unknown): LibraryError {
  if (!(error instanceof Error)) return { code: 'failed', summary: '', range: undefined }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
  const summary = 'summary' in error && typeof error.summary === 'string' ? error.summary : ''
  const range = 'range' in error ? toRange(error.range) : undefined
  return { code, summary, range }
}

function toRange(range: unknown): readonly [number, number] | undefined {
  if (typeof range !== 'object' || range === null || !('start' in range) || !('end' in range)) return undefined
  return typeof range.start === 'number' && typeof range.end === 'number' ? [range.start, range.end] : undefined
}

function refuse(error: ExpressionProblem): Result<Expression, ExpressionProblem> {
  return { ok: false, error }
}
