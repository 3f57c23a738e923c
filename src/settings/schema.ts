/**
 * The JSON Schemas of the configuration, read from `schemas/` beside the program: the one place where keys, types, defaults and
 * descriptions are written. They are compiled once a load; nothing here knows the operator's file.
 * Called by `load-document.ts` (which types a key has), `validate.ts` (is it right) and `resolve.ts` (defaults).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { FORMATS } from './formats.ts'
import { withoutNulls } from './present-values.ts'

export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array'

/** The part of JSON Schema 2020-12 that our schemas use, and our own markers. */
export interface JsonSchema {
  readonly $id?: string
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly type?: JsonType | readonly JsonType[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly oneOf?: readonly JsonSchema[]
  /** A key of the product that has no meaning here: a warning. */
  readonly 'x-foreign'?: boolean
  /** What of this key is not built yet: a warning. */
  readonly 'x-not-built'?: string
  /** With `x-not-built`: the values that need nothing unbuilt. */
  readonly 'x-built-values'?: readonly unknown[]
  /** With `x-not-built`: that many items of the list are in use, the others not yet. */
  readonly 'x-built-items'?: number
  /** The value is never quoted in a message. */
  readonly 'x-secret'?: boolean
  /** The members of `enum` count in any case. */
  readonly 'x-ignore-case'?: boolean
}

/** What the schema says about one place of the document. */
export interface SchemaNode {
  /** Types a value here may have; empty where anything goes. */
  readonly types: ReadonlySet<JsonType>
  /** Keys that an object here may have, without the product's that have no meaning here. */
  readonly properties: readonly string[]
  /** Named format, such as `duration`. */
  readonly format: string | undefined
  /** Written default, if there is one. */
  readonly default: unknown
  readonly secret: boolean
  /** A key of the product that has no meaning here. */
  readonly foreign: boolean
}

/** What the schema says about a whole document. */
export interface Judgement {
  /** Everything that is wrong, in the validator's words. */
  readonly errors: readonly ErrorObject[]
  /** The document without nulls and with every default that the schema writes, as far as its mistakes allow. Not to be changed. */
  readonly filled: unknown
}

/** A schema and the file that its `$ref`s start from. */
export interface SchemaPlace {
  readonly schema: JsonSchema
  readonly base: string
}

export interface CompiledSchema {
  /** The entry file. */
  readonly root: SchemaPlace
  /** Every schema file by its `$id`. */
  readonly files: ReadonlyMap<string, JsonSchema>
  /**
   * Finds what the schema says about a place. A segment that stands for a list entry (its index, or its name) leads to the list's items.
   * Returns undefined where no key of ours leads.
   */
  schemaAt(path: readonly string[]): SchemaNode | undefined
  /** Follows `$ref` to the schema that holds the keywords; keywords beside `$ref` win. */
  follow(schema: JsonSchema, base: string): SchemaPlace
  /** Judges a document, and fills every written default into a copy of it. The last answer is kept: asking again costs nothing. */
  judge(value: unknown): Judgement
}

const FOLDER = new URL('../../schemas/', import.meta.url)
const ROOT_ID = 'https://microgateway.example/schemas/v1/microgateway.schema.json'

/** Reads and compiles the schemas. Throws only where the installation is broken. */
export function loadSchema(): CompiledSchema {
  const files = readSchemaFiles()
  const follow = (schema: JsonSchema, base: string): SchemaPlace => {
    if (schema.$ref === undefined) return { schema, base }
    const id = new URL(schema.$ref, base).href
    const target = files.get(id)
    if (target === undefined) throw new Error(`schemas/ holds no ${id}`)
    const { $ref: _ref, ...beside } = schema
    return { schema: { ...target, ...beside }, base: id }
  }
  const root = follow({ $ref: ROOT_ID }, ROOT_ID)
  let compiled: ValidateFunction | undefined
  let last: { readonly value: unknown; readonly judgement: Judgement } | undefined
  return {
    root,
    files,
    follow,
    schemaAt: path => {
      let place = root
      for (const segment of path) {
        const next = childOf(place.schema, segment)
        if (next === undefined) return undefined
        place = follow(next, place.base)
      }
      return toNode(place.schema)
    },
    judge: value => {
      if (last !== undefined && last.value === value) return last.judgement
      compiled ??= compileSchemas(files)
      const filled = withoutNulls(value)
      compiled(filled)
      last = { value, judgement: { errors: compiled.errors ?? [], filled } }
      return last.judgement
    },
  }
}

function readSchemaFiles(): ReadonlyMap<string, JsonSchema> {
  const files = new Map<string, JsonSchema>()
  for (const folder of [FOLDER, new URL('policies/', FOLDER)]) {
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.schema.json')) continue
      const schema = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as JsonSchema
      files.set(schema.$id ?? name, schema)
    }
  }
  return files
}

function compileSchemas(files: ReadonlyMap<string, JsonSchema>): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
    // The schemas are ours and tested: checking them against the meta-schema at each load only costs time.
    validateSchema: false,
    meta: false,
    logger: false,
    // The validator runs once a load: what optimising its code costs never comes back.
    code: { optimize: false },
  })
  for (const [name, parse] of FORMATS) ajv.addFormat(name, { type: 'string', validate: text => parse(text).ok })
  for (const keyword of ['x-built-values', 'x-built-items', 'x-secret', 'x-ignore-case']) ajv.addKeyword(keyword)
  ajv.addKeyword({ keyword: 'x-foreign', errors: false, validate: () => false })
  ajv.addKeyword({
    keyword: 'x-not-built',
    errors: false,
    validate: (_text: unknown, data: unknown, schema?: object) => isBuilt(data, (schema ?? {}) as JsonSchema),
  })
  for (const [id, schema] of files) if (id !== ROOT_ID) ajv.addSchema(schema)
  return ajv.compile(files.get(ROOT_ID) ?? {})
}

function isBuilt(data: unknown, schema: JsonSchema): boolean {
  const values = schema['x-built-values']
  if (values !== undefined) return values.includes(data)
  const items = schema['x-built-items']
  return items !== undefined && (!Array.isArray(data) || data.length <= items)
}

function childOf(schema: JsonSchema, segment: string): JsonSchema | undefined {
  const { properties, additionalProperties, items } = schema
  if (properties !== undefined && Object.hasOwn(properties, segment)) return properties[segment]
  if (typeof additionalProperties === 'object') return additionalProperties
  return items
}

function toNode(schema: JsonSchema): SchemaNode {
  const types = schema.type === undefined ? [] : Array.isArray(schema.type) ? schema.type : [schema.type]
  return {
    types: new Set(types as readonly JsonType[]),
    properties: knownKeys(schema),
    format: schema.format,
    default: schema.default,
    secret: schema['x-secret'] === true,
    foreign: schema['x-foreign'] === true,
  }
}

/** Returns the keys of ours that an object of this schema may have. */
export function knownKeys(schema: JsonSchema): readonly string[] {
  return Object.entries(schema.properties ?? {})
    .filter(([, property]) => property['x-foreign'] !== true)
    .map(([key]) => key)
}
