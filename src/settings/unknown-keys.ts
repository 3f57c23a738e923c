import { nearest } from '../diagnostics/did-you-mean.ts'
import type { Finding } from '../diagnostics/problem.ts'
import { keyOf, type Mistake, nameOfPlace, shorten } from './mistake.ts'
import { parsePointer, toPointer } from './pointer.ts'
import { readablePath } from './readable-path.ts'
import { type CompiledSchema, type JsonSchema, knownKeys } from './schema.ts'

/** Longer lists of known keys help nobody. */
const MAX_LISTED_KEYS = 12

/** Returns the key of ours that was probably meant. */
export function suggestKey(schema: JsonSchema, key: string): string | undefined {
  return nearest(key, knownKeys(schema))
}

/** Puts a key that the schema does not know into words: misspelled, in the wrong place, or simply unknown. */
export function describeUnknownKey(mistake: Mistake, schema: CompiledSchema): readonly Finding[] {
  const key = keyOf(mistake)
  const near = suggestKey(mistake.schema, key)
  if (near !== undefined) return [misspelled(mistake.root, mistake.pointer, key, near)]
  const home = findHome(mistake, key, schema)
  const known = knownKeys(mistake.schema)
  const list = known.length > 0 && known.length <= MAX_LISTED_KEYS ? `known here: ${known.join(', ')}` : undefined
  const help = home === undefined ? list : `it belongs to ${home}`
  return [
    {
      code: 'config.unknown_key',
      severity: 'error',
      message: `unknown key \`${shorten(key)}\` in ${nameOfPlace(mistake.root, mistake.pointer)}`,
      pointer: mistake.pointer + toPointer([key]),
      atKey: true,
      label: 'not known here',
      ...(help === undefined ? {} : { help }),
    },
  ]
}

/** Puts a key of the product that means nothing here into words; what is a misspelled key of ours stays an error. */
export function describeForeignKey(mistake: Mistake, schema: CompiledSchema): readonly Finding[] {
  const path = parsePointer(mistake.pointer)
  const key = path.at(-1) ?? ''
  const parent = path.slice(0, -1)
  const ours = schema.schemaAt(parent)?.properties ?? []
  // Where any key of the product may stand, one that is near to ours was meant to be ours.
  const near = /\/additionalProperties\//.test(mistake.schemaPath)
    ? nearest(key, ours)
    : ours.find(name => fold(name) === fold(key))
  if (near !== undefined) return [misspelled(mistake.root, toPointer(parent), key, near)]
  return [
    {
      code: 'config.foreign_key',
      severity: 'warning',
      message: `\`${readablePath(mistake.root, mistake.pointer)}\` has no effect: a key of the product that has no meaning here`,
      pointer: mistake.pointer,
      atKey: true,
    },
  ]
}

function misspelled(root: unknown, parent: string, key: string, near: string): Finding {
  return {
    code: 'config.unknown_key',
    severity: 'error',
    message: `unknown key \`${shorten(key)}\` in ${nameOfPlace(root, parent)}`,
    pointer: parent + toPointer([key]),
    atKey: true,
    label: `did you mean \`${near}\`?`,
    help: `rename it to \`${near}\``,
  }
}

/** Finds where a key is known: in a block around, one level down, or in one place only of the whole configuration. */
function findHome(mistake: Mistake, key: string, schema: CompiledSchema): string | undefined {
  const path = parsePointer(mistake.pointer)
  for (let depth = path.length; depth >= 0; depth--) {
    const block = path.slice(0, depth)
    const properties = schema.schemaAt(block)?.properties ?? []
    if (depth < path.length && properties.includes(key))
      return depth === 0 ? 'the top level' : nameOfPlace(mistake.root, toPointer(block))
    const below = properties.find(name => schema.schemaAt([...block, name])?.properties.includes(key))
    if (below !== undefined) return `\`${readablePath(mistake.root, toPointer([...block, below]))}\``
  }
  const homes = homesOf(key, schema, [])
  return homes.length === 1 ? `\`${homes[0]}\`` : undefined
}

function homesOf(key: string, schema: CompiledSchema, path: readonly string[]): readonly string[] {
  const node = schema.schemaAt(path)
  if (node === undefined) return []
  const isList = node.types.has('array') && node.properties.length === 0
  if (isList) return homesOf(key, schema, [...path, '[]'])
  const here = path.length > 0 && node.properties.includes(key) ? [path.join('.').replaceAll('.[]', '[]')] : []
  return [...here, ...node.properties.flatMap(name => homesOf(key, schema, [...path, name]))]
}

/** Letter case, `-` and `_` are no differences worth a second key. */
function fold(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, '')
}
