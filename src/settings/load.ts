/**
 * The way from what an operator wrote to `Settings`, or to the complete list of what is wrong with it. The steps are in the files beside
 * this one: `load-document` (read, parse, merge, override, interpolate), `validate` (schema), `check-document` (names, files, secrets),
 * `resolve` (defaults). Called by `reload` and by the commands that judge a configuration; never throws for anything that is written.
 */
import type { Finding, Problem } from '../diagnostics/problem.ts'
import { checkDocument } from './check-document.ts'
import type { ExpressionCheck } from './inspection.ts'
import { type DocumentRequest, loadDocument, sortProblems } from './load-document.ts'
import type { Settings } from './model.ts'
import { listNamedFiles } from './named-files.ts'
import { resolveSettings } from './resolve.ts'
import { type CompiledSchema, loadSchema } from './schema.ts'
import { validateDocument } from './validate.ts'

/** What to load, and what the pipeline cannot know by itself. */
export interface LoadRequest extends DocumentRequest {
  /** Compiles an expression and says what is wrong with it; undefined if nothing is. */
  readonly checkExpression: ExpressionCheck
  /** Wall clock for the dates of certificates, in milliseconds since the epoch; without it they are not judged. */
  readonly nowMs?: number
  /** The compiled schema, for who loads more than once: compiling it takes longer than most loads. */
  readonly schema?: CompiledSchema
}

export interface LoadResult {
  /** Undefined if there is any error; warnings alone do not keep a configuration back. */
  readonly settings: Settings | undefined
  /** All problems at once, by file (in reading order), line and column. */
  readonly problems: readonly Problem[]
  /** Texts for code frames by the file name of a place, with secrets covered. */
  readonly sources: ReadonlyMap<string, string>
  /** Absolute paths of everything that was read or is named, also where loading failed: what to watch. */
  readonly watched: readonly string[]
  /** Turns what only compiling can find into problems with places. */
  locate(findings: readonly Finding[]): readonly Problem[]
}

/** Loads the settings of some layers, the environment and the flags. */
export async function loadSettings(request: LoadRequest): Promise<LoadResult> {
  const schema = request.schema ?? loadSchema()
  const loaded = await loadDocument(request, path => schema.schemaAt(path))
  const { document, sources, locate } = loaded
  const findings: Finding[] = []
  // A text that could not be read to its end would only give follow-up errors: what is missing there is not missing.
  if (loaded.intact) {
    const { checkExpression, nowMs } = request
    findings.push(...validateDocument(document, schema), ...checkDocument(document, { checkExpression, nowMs }, schema))
  }
  const problems = sortProblems([...loaded.problems, ...locate(findings)], sources)
  const isSound = loaded.intact && problems.every(problem => problem.severity !== 'error')
  const named = listNamedFiles(document).map(each => each.file)
  return {
    settings: isSound ? resolveSettings(document, schema) : undefined,
    problems,
    sources,
    watched: [...new Set([...loaded.watched, ...named])],
    locate,
  }
}
