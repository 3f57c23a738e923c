import { readablePath } from './readable-path.ts'
import type { JsonSchema } from './schema.ts'

/** One error of the schema validator, as far as our words need it. */
export interface Mistake {
  readonly keyword: string
  readonly pointer: string
  readonly params: Readonly<Record<string, unknown>>
  readonly schemaPath: string
  /** What stands at the pointer. */
  readonly value: unknown
  /** The schema that holds the keyword. */
  readonly schema: JsonSchema
  /** The whole document. */
  readonly root: unknown
}

/** Returns the key that a mistake is about: the unknown one, or the missing one. */
export function keyOf(mistake: Mistake): string {
  return String(mistake.params['additionalProperty'] ?? mistake.params['missingProperty'] ?? '')
}

/** Names the place at a pointer for a message: its path in backticks, or what the whole document is called. */
export function nameOfPlace(root: unknown, pointer: string): string {
  const path = readablePath(root, pointer)
  return path === '' ? 'the configuration' : `\`${path}\``
}

/** Shortens a key for a message. */
export function shorten(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key
}
