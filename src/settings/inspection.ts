import { Cursor } from './cursor.ts'
import type { SettingsDocument } from './document.ts'
import type { CompiledSchema } from './schema.ts'

/** Checks one expression: undefined where it compiles, else what is wrong and where (a range of the expression's text). */
export type ExpressionCheck = (
  expression: string,
) => { message: string; range: readonly [number, number]; label?: string; help?: string } | undefined

/** What every check of a document gets: the document itself, and who is defined in it. Nothing here trusts the schema to hold. */
export interface Inspection {
  /** The document with the schema's defaults filled in; pointers are those of the document as it was written. */
  readonly root: Cursor
  readonly document: SettingsDocument
  readonly checkExpression: ExpressionCheck
  /** Time for the dates of certificates, in milliseconds since 1970; undefined: dates are not looked at. */
  readonly nowMs: number | undefined
  readonly authServers: ReadonlyMap<string, Cursor>
  readonly keystores: ReadonlyMap<string, Cursor>
  readonly truststores: ReadonlyMap<string, Cursor>
  readonly users: ReadonlyMap<string, Cursor>
  readonly applications: readonly Cursor[]
  /** Applications by the names of the APIs that they are registered for. */
  readonly applicationsByApi: ReadonlyMap<string, readonly Cursor[]>
  readonly apis: readonly Cursor[]
  /** APIs by name; several versions may share one. */
  readonly apisByName: ReadonlyMap<string, readonly Cursor[]>
}

/** Indexes a document for the checks. */
export function inspect(
  document: SettingsDocument,
  schema: CompiledSchema,
  parts: { readonly checkExpression: ExpressionCheck; readonly nowMs?: number | undefined },
): Inspection {
  const root = new Cursor(schema.judge(document.value).filled)
  const security = root.at('security_settings')
  const apis = root.at('apis').items()
  const applications = root.at('applications').items()
  return {
    root,
    document,
    checkExpression: parts.checkExpression,
    nowMs: parts.nowMs,
    authServers: byName(security.at('auth_servers')),
    keystores: byName(security.at('keystores')),
    truststores: byName(security.at('truststores')),
    users: byName(root.at('users')),
    applications,
    applicationsByApi: groupBy(applications, application => application.at('apis').texts()),
    apis,
    apisByName: groupBy(apis, api => api.at('name').texts()),
  }
}

/** Indexes a list by the `name` of its items, or another key; the first of a name wins. */
export function byName(list: Cursor, key = 'name'): ReadonlyMap<string, Cursor> {
  const index = new Map<string, Cursor>()
  for (const item of list.items()) {
    const name = item.at(key).text
    if (name !== undefined && !index.has(name)) index.set(name, item)
  }
  return index
}

function groupBy(
  items: readonly Cursor[],
  keysOf: (item: Cursor) => readonly { readonly text: string }[],
): ReadonlyMap<string, readonly Cursor[]> {
  const groups = new Map<string, Cursor[]>()
  for (const item of items) {
    for (const { text } of keysOf(item)) {
      const group = groups.get(text)
      if (group === undefined) groups.set(text, [item])
      else group.push(item)
    }
  }
  return groups
}
