/**
 * Writes `src/settings/schema-types.ts` from the schemas: the configuration as `resolve.ts` reads it, that is, valid and with every default
 * filled in. Run it with `node docs/generate-schema-types.ts`; a test fails while the file is not current.
 */
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { compile } from 'json-schema-to-typescript'
import { type JsonSchema, loadSchema } from '../src/settings/schema.ts'

const TARGET = new URL('../src/settings/schema-types.ts', import.meta.url)
const BANNER = `/**
 * The configuration as its schemas describe it, valid and with every default filled in. Made by \`docs/generate-schema-types.ts\` from
 * \`schemas/\`; \`resolve.ts\` reads it. Change the schemas, not this file.
 */
`

/** Writes the types as text. */
export async function renderSchemaTypes(): Promise<string> {
  const { files } = loadSchema()
  const definitions: Record<string, unknown> = {}
  for (const [id, file] of files) definitions[typeNameOf(id)] = toTypeable(file, true)
  const root = definitions['Microgateway'] as object
  const bundle = { ...root, title: 'Configuration', definitions }
  const text = await compile(bundle as Parameters<typeof compile>[0], 'Configuration', {
    bannerComment: BANNER,
    additionalProperties: false,
    unreachableDefinitions: false,
    unknownAny: true,
    ignoreMinAndMaxItems: true,
    style: { semi: false, singleQuote: true, printWidth: 120, trailingComma: 'all' },
  })
  return text.replaceAll(/^\/\*\*\n \* (.{1,110})\n \*\/$/gm, '/** $1 */')
}

/** Keeps what makes a type: no titles (each would become a type of its own), no conditions, none of the product's keys. */
function toTypeable(schema: JsonSchema, isFile = false): Record<string, unknown> {
  const { $ref, type, properties, additionalProperties, items, required = [], description } = schema
  const result: Record<string, unknown> = {}
  if (isFile) result['title'] = typeNameOf(schema.$id ?? '')
  if ($ref !== undefined) return { $ref: `#/definitions/${typeNameOf($ref)}` }
  if (isFile && description !== undefined) result['description'] = description
  if (type !== undefined) result['type'] = type
  if (schema.enum !== undefined) result['enum'] = schema.enum
  if (items !== undefined) result['items'] = toTypeable(items)
  if (properties !== undefined) {
    const ours = Object.entries(properties).filter(([, property]) => property['x-foreign'] !== true)
    result['properties'] = Object.fromEntries(ours.map(([key, property]) => [key, toTypeableMember(property)]))
    const filled = ours.filter(([, property]) => property.default !== undefined).map(([key]) => key)
    result['required'] = [...new Set([...required, ...filled])]
    // `{}` would take anything.
    if (ours.length === 0 && additionalProperties === false) return { tsType: 'Record<string, never>' }
  }
  if (typeof additionalProperties === 'object' && additionalProperties['x-foreign'] !== true) {
    result['additionalProperties'] = toTypeable(additionalProperties)
  } else if (additionalProperties !== undefined) result['additionalProperties'] = additionalProperties === true
  return result
}

/** What is not built yet is not read: whether it is there is all that counts. */
function toTypeableMember(property: JsonSchema): Record<string, unknown> {
  const isPartlyBuilt = property['x-built-values'] !== undefined || property['x-built-items'] !== undefined
  return property['x-not-built'] === undefined || isPartlyBuilt ? toTypeable(property) : { tsType: 'unknown' }
}

/** `…/policies/require-scopes.schema.json` is `RequireScopes`. */
function typeNameOf(id: string): string {
  const words = basename(id).replace('.schema.json', '').split('-')
  return words.map(word => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')
}

if (import.meta.main) await writeFile(TARGET, await renderSchemaTypes())
