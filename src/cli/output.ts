import { styleText } from 'node:util'
import { renderProblems } from '../diagnostics/render.ts'
import type { LoadResult } from '../settings/load.ts'
import type { ColorChoice } from './arguments.ts'

/** One of the two standard streams. */
export interface Sink {
  write(text: string): unknown
  readonly isTTY?: boolean
}

/** Where a command prints. */
export interface Output {
  readonly stdout: Sink
  readonly stderr: Sink
  /** Whether standard output and standard error may have colours. */
  readonly color: { readonly stdout: boolean; readonly stderr: boolean }
  /** `--json`: results are JSON. */
  readonly json: boolean
}

/**
 * Decides about colours: `--color always|never` first, then `NO_COLOR` (any text), then `FORCE_COLOR` (any text but `0`), then
 * whether a terminal is there.
 */
export function wantsColor(
  choice: ColorChoice,
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (choice !== 'auto') return choice === 'always'
  if ((environment['NO_COLOR'] ?? '') !== '') return false
  const forced = environment['FORCE_COLOR'] ?? ''
  return forced === '' ? isTerminal : forced !== '0' && forced !== 'false'
}

/** Prints a value as JSON, indented, with a line end. */
export function printJson(sink: Sink, value: unknown): void {
  sink.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

/** Prints one line of trouble: `error: …` in the colour of errors. */
export function printError(output: Output, message: string, help?: string): void {
  const label = output.color.stderr ? styleText(['bold', 'red'], 'error', { validateStream: false }) : 'error'
  output.stderr.write(`${label}: ${message}\n${help === undefined ? '' : `  = help: ${help}\n`}`)
}

/** Prints all problems of a configuration to standard error. */
export function printProblems(output: Output, loaded: Pick<LoadResult, 'problems' | 'sources'>): void {
  if (loaded.problems.length === 0) return
  output.stderr.write(`${renderProblems(loaded.problems, loaded.sources, { color: output.color.stderr })}\n`)
}
