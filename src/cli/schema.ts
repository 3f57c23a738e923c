import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printJson } from './output.ts'

/** Schemas as `settings/schema.ts` loads them. */
export interface SchemaFiles {
  /** `$id` of the entry file. */
  readonly rootId: string
  /** Every schema file by its `$id`. */
  readonly files: ReadonlyMap<string, unknown>
}

/** Runs `schema`: prints the JSON Schema of the configuration as one document that needs no other file. */
export function runSchema(output: Output, schemas: SchemaFiles): ExitCode {
  printJson(output.stdout, bundleSchemas(schemas))
  return EXIT.success
}

/**
 * Puts all schema files into `$defs` of the entry file and points every reference there. Plain `#/$defs/…` references are what
 * every editor follows; embedded `$id`s (JSON Schema 2020-12, section 9.3) are not.
 */
export function bundleSchemas({ rootId, files }: SchemaFiles): unknown {
  const names = new Map([...files.keys()].filter(id => id !== rootId).map(id => [id, definitionName(id, rootId)]))
  const definitions: Record<string, unknown> = Object.create(null)
  for (const [id, name] of [...names].sort(([, a], [, b]) => (a < b ? -1 : 1))) {
    const inlined = inline(files.get(id), id, names)
    if (isRecord(inlined)) {
      const { $id, $schema, ...rest } = inlined
      definitions[name] = rest
    }
  }
  const root = inline(files.get(rootId), rootId, names)
  return isRecord(root) ? { ...root, $defs: definitions } : root
}

/** `https://…/v1/policies/jwt.schema.json` to `policies.jwt`. */
function definitionName(id: string, rootId: string): string {
  const folder = new URL('.', rootId).href
  return id
    .slice(id.startsWith(folder) ? folder.length : 0)
    .replace(/\.schema\.json$/, '')
    .replaceAll('/', '.')
}

function inline(schema: unknown, id: string, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(schema)) return schema.map(item => inline(item, id, names))
  if (!isRecord(schema)) return schema
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    const isData = key === 'default' || key === 'examples' || key === 'enum' || key === 'const'
    if (isData) copy[key] = value
    else if (key === '$ref' && typeof value === 'string') copy[key] = rewriteReference(value, id, names)
    else copy[key] = inline(value, id, names)
  }
  return copy
}

function rewriteReference(reference: string, id: string, names: ReadonlyMap<string, string>): string {
  const target = new URL(reference, id)
  const fragment = target.hash.slice(1)
  target.hash = ''
  const name = names.get(target.href)
  return name === undefined ? reference : `#/$defs/${name}${fragment}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
