/** From one YAML text to trees with places, or problems: all of them, worded by us. Never throws, whatever the text. */
import { type Document, parseAllDocuments, type YAMLError } from 'yaml'
import type { Problem } from '../diagnostics/problem.ts'
import { composeTree } from './compose-tree.ts'
import type { MapNode } from './settings-node.ts'
import { placeOf, type SourceText } from './source-text.ts'
import { wordSyntaxError } from './yaml-wording.ts'

/** One text, parsed. */
export interface ParsedSource {
  /** The maps of its documents, in order; comment-only documents are left out. */
  readonly documents: readonly MapNode[]
  readonly problems: readonly Problem[]
  /** False if some of the text could not be read: what depends on the whole must not be judged. */
  readonly intact: boolean
}

/** Parses one text: YAML 1.2 core schema whatever `%YAML` says, several documents, keys are always text, no merge keys, no `!!binary`. */
export function parseSource(source: SourceText): ParsedSource {
  const problems: Problem[] = []
  const documents: MapNode[] = []
  let intact = true
  for (const document of parseYaml(source, problems)) {
    const errors = pickErrors(document.errors)
    if (errors.length > 0) intact = false
    for (const error of errors) problems.push(toProblem(error, document, source))
    const tree = composeTree(document, source, problems)
    if (tree !== undefined) documents.push(tree)
  }
  return { documents, problems, intact: intact && !problems.some(problem => problem.code === 'config.syntax') }
}

function parseYaml(source: SourceText, problems: Problem[]): readonly Document.Parsed[] {
  try {
    const documents = parseAllDocuments(source.text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
      stringKeys: true,
      // Told apart in `compose-tree.ts`, where both places are known.
      uniqueKeys: false,
      prettyErrors: false,
      strict: true,
      logLevel: 'silent',
    })
    return 'empty' in documents ? [] : documents
  } catch {
    problems.push({
      code: 'config.syntax',
      severity: 'error',
      message: `\`${source.label}\` cannot be parsed as YAML`,
      place: placeOf({ source, start: 0, end: 1 }),
    })
    return []
  }
}

/** Errors that say nothing about the text after them. */
const LOCAL: ReadonlySet<YAMLError['code']> = new Set(['TAB_AS_INDENT', 'BAD_DQ_ESCAPE', 'BAD_SCALAR_START'])

/**
 * One mistake makes the parser stumble several times: keeps the first error that throws it off, every local one before that, and nothing
 * after it. The next run shows the rest.
 */
function pickErrors(errors: readonly YAMLError[]): YAMLError[] {
  const picked: YAMLError[] = []
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    picked.push(error)
    if (!LOCAL.has(error.code)) break
  }
  return picked
}

function toProblem(error: YAMLError, document: Document.Parsed, source: SourceText): Problem {
  const { message, label, help, start, end, opened } = wordSyntaxError(error, document, source.text)
  return {
    code: 'config.syntax',
    severity: 'error',
    message,
    place: placeOf({ source, start, end }),
    ...(label !== undefined && { label }),
    ...(help !== undefined && { help }),
    ...(opened !== undefined && {
      related: [{ place: placeOf({ source, start: opened.start, end: opened.start + 1 }), label: opened.label }],
    }),
  }
}
