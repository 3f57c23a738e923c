/**
 * Is the document what the schema says? Every mistake is one finding, in words that an operator can act on.
 * What the schema cannot know (names, files, secrets) is `check-document.ts`'s; nothing here reads a file or throws for any input.
 * Called by `load.ts`.
 */
import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Finding } from '../diagnostics/problem.ts'
import { isMapping } from './cursor.ts'
import type { SettingsDocument } from './document.ts'
import { keyOf, type Mistake } from './mistake.ts'
import { type CompiledSchema, type JsonSchema, loadSchema } from './schema.ts'
import { describeMistake } from './schema-mistakes.ts'
import { suggestKey } from './unknown-keys.ts'

/** What a document without content gets; the text half of this room usually says it first, with the file. */
const EMPTY: Finding = { code: 'config.empty', severity: 'error', message: 'the configuration is empty', pointer: '' }

/** Judges the merged document against the schema: every mistake once. */
export function validateDocument(
  document: SettingsDocument,
  schema: CompiledSchema = loadSchema(),
): readonly Finding[] {
  if (document.value === null || document.value === undefined) return [EMPTY]
  const { errors } = schema.judge(document.value)
  const mistakes = errors.map(error => toMistake(error, document.value))
  const unknown = new Map<string, Mistake[]>()
  for (const mistake of mistakes) {
    if (mistake.keyword !== 'additionalProperties') continue
    unknown.set(mistake.pointer, [...(unknown.get(mistake.pointer) ?? []), mistake])
  }
  const misplaced = new Set(mistakes.filter(isMisplaced).map(({ pointer }) => pointer))
  const told = mistakes.filter(
    mistake =>
      !isEcho(mistake, unknown.get(mistake.pointer) ?? []) && (isMisplaced(mistake) || !misplaced.has(mistake.pointer)),
  )
  const findings = told.flatMap(mistake => describeMistake(mistake, schema))
  return [
    ...new Map(findings.map(finding => [`${finding.pointer} ${finding.code} ${finding.message}`, finding])).values(),
  ]
}

function toMistake(error: ErrorObject, root: unknown): Mistake {
  return {
    keyword: error.keyword,
    pointer: error.instancePath,
    params: error.params,
    schemaPath: error.schemaPath,
    value: error.data,
    schema: isMapping(error.parentSchema) ? (error.parentSchema as JsonSchema) : {},
    root,
  }
}

/** A key that must not be there at all: what else is wrong with its value does not matter. */
function isMisplaced(mistake: Mistake): boolean {
  return mistake.keyword === 'false schema'
}

/** Tells whether an error only repeats what another one says better; `unknown` are the unknown keys at the same place. */
function isEcho(mistake: Mistake, unknown: readonly Mistake[]): boolean {
  switch (mistake.keyword) {
    // "must match then schema": the errors inside say what is wrong.
    case 'if':
      return true
    case 'required':
      // A branch of `oneOf` (the `oneOf` itself is told), or a key that is there under a misspelled name.
      if (/\/oneOf\/\d+\/required$/.test(mistake.schemaPath)) return true
      return unknown.some(other => suggestKey(other.schema, keyOf(other)) === keyOf(mistake))
    case 'oneOf':
    case 'minProperties':
      return unknown.length > 0
    default:
      return false
  }
}
