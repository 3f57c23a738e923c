/** Documents for the tests of the settings room, from YAML text, without files around them. */
import { tmpdir } from 'node:os'
import { parse } from 'yaml'
import type { Finding } from '../../src/diagnostics/problem.ts'
import { checkDocument } from '../../src/settings/check-document.ts'
import type { SettingsDocument } from '../../src/settings/document.ts'
import { type Inspection, inspect } from '../../src/settings/inspection.ts'
import { resolveSettings } from '../../src/settings/resolve.ts'
import { loadSchema } from '../../src/settings/schema.ts'
import { validateDocument } from '../../src/settings/validate.ts'

const schema = loadSchema()

/** Makes a document of plain data; paths start from a folder. */
export function documentFrom(value: unknown, folder = tmpdir()): SettingsDocument {
  return { value, directoryOf: () => folder, isFromOperator: () => true }
}

/** Makes a document of YAML text; tags and `${…}` mean nothing here. */
export function documentOf(yaml: string, folder?: string): SettingsDocument {
  return documentFrom(parse(yaml, { logLevel: 'silent' }), folder)
}

/** Lists what the schema says against a document. */
export function schemaFindings(yaml: string): readonly Finding[] {
  return validateDocument(documentOf(yaml), schema)
}

/** Opens a document for one check. */
export function inspectionOf(
  yaml: string,
  options: { readonly folder?: string; readonly nowMs?: number } = {},
): Inspection {
  const document = documentOf(yaml, options.folder)
  return inspect(document, schema, { checkExpression: refuseTheWordBad, nowMs: options.nowMs })
}

/** Lists everything that is said against a document of plain data. */
export function allFindings(value: unknown): readonly Finding[] {
  const document = documentFrom(value)
  return [
    ...validateDocument(document, schema),
    ...checkDocument(document, { checkExpression: refuseTheWordBad }, schema),
  ]
}

/** Resolves a document that must have no error. */
export function settingsOf(yaml: string, folder?: string): ReturnType<typeof resolveSettings> {
  const document = documentOf(yaml, folder)
  const errors = validateDocument(document, schema).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('; '))
  return resolveSettings(document, schema)
}

/** Says a finding in one line: severity, code, pointer. */
export function sayFinding({ severity, code, pointer }: Finding): string {
  return `${severity} ${code} ${pointer}`
}

/** An expression language of one mistake: the word `bad`. */
function refuseTheWordBad(expression: string): { message: string; range: readonly [number, number] } | undefined {
  const at = expression.indexOf('bad')
  return at === -1 ? undefined : { message: 'unknown variable `bad`', range: [at, at + 3] }
}
