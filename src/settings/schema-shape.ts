/**
 * What the text half of this room asks the schema: which types a value may have, and which keys a map knows. `schema.ts` answers from the
 * JSON Schema files; tests may answer from a table.
 */
export interface SchemaShape {
  /** Types a value may have; empty where anything goes. */
  readonly types: ReadonlySet<'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array'>
  /** The keys a map knows; empty where the keys are the operator's own. */
  readonly properties: readonly string[]
  /** The value must not be shown. */
  readonly secret: boolean
}

/** Looks up the shape of the value at a path of the merged document; list indices are decimal tokens. Undefined: not known. */
export type SchemaAt = (path: readonly string[]) => SchemaShape | undefined

/** Remembers the answers of a look-up; list indices share one answer, so that a thousand APIs cost as much as one. */
export function rememberShapes(schemaAt: SchemaAt): SchemaAt {
  const known = new Map<string, SchemaShape | undefined>()
  return path => {
    const key = path.map(token => (/^\d+$/.test(token) ? '0' : token)).join('\n')
    if (!known.has(key)) known.set(key, schemaAt(path))
    return known.get(key)
  }
}

/**
 * Tells whether the schema wants text here: where it allows a string, or does not say. An integer beside a string (a port, which may have a
 * host before it) is wanted more than the string.
 */
export function wantsText(shape: SchemaShape | undefined): boolean {
  if (shape === undefined || shape.types.size === 0) return true
  return shape.types.has('string') && !shape.types.has('integer')
}
