import { nearest } from '../diagnostics/did-you-mean.ts'
import type { Finding } from '../diagnostics/problem.ts'
import { isMapping } from './cursor.ts'
import { FORMATS } from './formats.ts'
import { keyOf, type Mistake, nameOfPlace, shorten } from './mistake.ts'
import type { Parsed } from './parsed.ts'
import { parsePointer, toPointer } from './pointer.ts'
import { readablePath } from './readable-path.ts'
import { type CompiledSchema, type JsonSchema, type JsonType, knownKeys } from './schema.ts'
import { DURATION_HELP, SIZE_HELP } from './units.ts'
import { describeForeignKey, describeUnknownKey } from './unknown-keys.ts'

type Describe = (mistake: Mistake, schema: CompiledSchema) => readonly Finding[]

/** Puts an error into words: one finding for each thing to change. */
export function describeMistake(mistake: Mistake, schema: CompiledSchema): readonly Finding[] {
  const describe = Object.hasOwn(DESCRIPTIONS, mistake.keyword) ? DESCRIPTIONS[mistake.keyword] : undefined
  return (describe ?? describeOther)(mistake, schema)
}

const DESCRIPTIONS: Readonly<Record<string, Describe>> = {
  additionalProperties: describeUnknownKey,
  propertyNames: () => [],
  required: describeMissingKey,
  dependentRequired: describeMissingKey,
  type: describeType,
  enum: describeEnum,
  format: describeFormat,
  oneOf: describeChoice,
  'false schema': describeMisplacedKey,
  'x-foreign': describeForeignKey,
  'x-not-built': describeNotBuilt,
  minimum: mistake => [finding(mistake, 'config.value', `must be at least ${mistake.params['limit']}`)],
  maximum: mistake => [finding(mistake, 'config.value', `must be at most ${mistake.params['limit']}`)],
  minItems: mistake => [finding(mistake, 'config.value', 'must not be an empty list')],
  minLength: mistake => [finding(mistake, 'config.value', 'must not be empty')],
  minProperties: mistake => [finding(mistake, 'config.value', 'must not be empty', exampleHelp(mistake.schema))],
  maxProperties: mistake => [
    finding(mistake, 'config.value', 'holds several things where one is meant', 'begin each with a dash of its own'),
  ],
  pattern: mistake => [finding(mistake, 'config.value', 'is not written as it must be', exampleHelp(mistake.schema))],
}

function describeOther(mistake: Mistake): readonly Finding[] {
  return [finding(mistake, 'config.value', `is not allowed (${mistake.keyword})`, exampleHelp(mistake.schema))]
}

function describeMissingKey(mistake: Mistake, schema: CompiledSchema): readonly Finding[] {
  const key = keyOf(mistake)
  const { $id, properties } = mistake.schema
  const written = properties?.[key]
  const property = written === undefined || $id === undefined ? written : schema.follow(written, $id).schema
  const example = property?.examples?.[0]
  const help =
    typeof example === 'string' || typeof example === 'number'
      ? `add it, as in \`${key}: ${example}\``
      : property?.description === undefined
        ? undefined
        : `\`${key}\`: ${toPhrase(property.description)}`
  return [
    {
      code: 'config.required',
      severity: 'error',
      message: `\`${key}\` is missing in ${nameOfPlace(mistake.root, mistake.pointer)}`,
      pointer: mistake.pointer,
      ...(help === undefined ? {} : { help }),
    },
  ]
}

const TYPE_NAMES: Readonly<Record<JsonType, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: '`true` or `false`',
  object: 'a map of keys',
  array: 'a list',
}

function describeType(mistake: Mistake): readonly Finding[] {
  const { type } = mistake.schema
  const types: readonly JsonType[] = type === undefined ? [] : typeof type === 'string' ? [type] : type
  const names = types.map(name => TYPE_NAMES[name])
  const wanted = names.length < 3 ? names.join(' or ') : `${names.slice(0, -1).join(', ')}, or ${names.at(-1) ?? ''}`
  const label = mistake.value === null ? 'nothing here' : `this is ${nameOf(mistake.value)}`
  const hint = typeHint(mistake, types)
  return [{ ...finding(mistake, 'config.type', hint?.message ?? `must be ${wanted}`, hint?.help), label }]
}

function typeHint(
  { value, schema, pointer }: Mistake,
  types: readonly JsonType[],
): { readonly message?: string; readonly help: string } | undefined {
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  if (typeof value === 'number' && schema.format?.startsWith('duration')) {
    return { message: 'needs a unit', help: DURATION_HELP }
  }
  if (typeof value === 'number' && schema.format === 'size') return { message: 'needs a unit', help: SIZE_HELP }
  if (isScalar && types.includes('integer') && schema.format !== undefined) {
    const verdict = FORMATS.get(schema.format)?.(String(value))
    return verdict === undefined || verdict.ok || verdict.help === undefined ? undefined : { help: verdict.help }
  }
  if (isScalar && types.includes('string')) {
    const reads = pointer.endsWith('/version') ? `unquoted, it reads as \`${value}\`; ` : ''
    return { help: `${reads}put it in quotes` }
  }
  if (pointer.endsWith('/expiry')) return { help: 'write the minutes as a number, as in `expiry: 60`' }
  if (typeof value === 'string' && types.includes('boolean')) return { help: 'write `true` or `false` without quotes' }
  if (types.includes('array') && (isScalar || typeof value === 'string')) return { help: 'put it in brackets: `[ … ]`' }
  if (types.length === 1 && types[0] === 'object' && value !== undefined) {
    const keys = knownKeys(schema)
    return keys.length === 0 ? undefined : { help: `known keys: ${keys.join(', ')}` }
  }
  return undefined
}

function describeEnum(mistake: Mistake): readonly Finding[] {
  const allowed = (mistake.schema.enum ?? []).map(String)
  const { value } = mistake
  if (mistake.schema['x-ignore-case'] && typeof value === 'string' && allowed.includes(value.toLowerCase())) return []
  const near = typeof value === 'string' ? nearest(value, allowed) : undefined
  const list = allowed.map(one => `\`${one}\``)
  const wanted = list.length === 1 ? `must be ${list[0]}` : `must be one of ${list.join(', ')}`
  const label = near === undefined ? 'not one of them' : `did you mean \`${near}\`?`
  return [{ ...finding(mistake, 'config.value', wanted), label }]
}

function describeFormat(mistake: Mistake): readonly Finding[] {
  const { value, schema } = mistake
  const parse = FORMATS.get(schema.format ?? '')
  const verdict = typeof value === 'string' ? parse?.(value) : undefined
  if (mistake.schemaPath.includes('/propertyNames/')) return describeKeyName(mistake, verdict)
  if (verdict === undefined || verdict.ok) return describeOther(mistake)
  return [finding(mistake, 'config.value', verdict.message, verdict.help)]
}

function describeKeyName(mistake: Mistake, verdict: Parsed<unknown> | undefined): readonly Finding[] {
  const key = String(mistake.value)
  return [
    {
      code: 'config.value',
      severity: 'error',
      message: `\`${shorten(key)}\` ${verdict !== undefined && !verdict.ok ? verdict.message : 'is not allowed'}`,
      pointer: mistake.pointer + toPointer([key]),
      atKey: true,
    },
  ]
}

/** Our only `oneOf`s list keys of which exactly one must be there. */
function describeChoice(mistake: Mistake): readonly Finding[] {
  const keys = (mistake.schema.oneOf ?? []).flatMap(branch => branch.required ?? [])
  const present = keys.filter(key => isMapping(mistake.value) && Object.hasOwn(mistake.value, key))
  const list = keys.map(key => `\`${key}\``).join(', ')
  const where = nameOfPlace(mistake.root, mistake.pointer)
  const base = { severity: 'error', pointer: mistake.pointer } as const
  const [first, second] = present
  if (first === undefined || second === undefined) {
    const bare = keys.find(key => isBare(mistake, key))
    const help = bare === undefined ? undefined : `\`${bare}:\` says nothing; write \`${bare}: {}\``
    const message = `${where} needs one of ${list}`
    return [{ ...base, code: 'config.required', message, ...(help === undefined ? {} : { help }) }]
  }
  return [
    {
      ...base,
      code: 'config.conflict',
      message: `${where} has both \`${first}\` and \`${second}\``,
      pointer: mistake.pointer + toPointer([second]),
      atKey: true,
      related: [{ pointer: mistake.pointer + toPointer([first]), label: 'beside this one', atKey: true }],
      help: /\/\d+$/.test(mistake.pointer) ? 'begin each with a dash of its own' : 'take one of the two out',
    },
  ]
}

/** Tells whether a key stands there without a value, which counts as not being there. */
function isBare(mistake: Mistake, key: string): boolean {
  const path = [...parsePointer(mistake.pointer), key]
  const value = path.reduce<unknown>(
    (at, token) => (isMapping(at) || Array.isArray(at) ? Reflect.get(at, token) : undefined),
    mistake.root,
  )
  return value === null
}

/** A key that has no meaning beside the `type` of its block. */
function describeMisplacedKey(mistake: Mistake): readonly Finding[] {
  const at = mistake.pointer.lastIndexOf('/')
  const [key = ''] = mistake.pointer.slice(at + 1).split('/')
  const where = nameOfPlace(mistake.root, mistake.pointer.slice(0, at))
  return [
    {
      code: 'config.conflict',
      severity: 'error',
      message: `\`${key}\` has no meaning for the type of ${where}`,
      pointer: mistake.pointer,
      atKey: true,
      help: 'take it out, or change `type`',
    },
  ]
}

function describeNotBuilt(mistake: Mistake): readonly Finding[] {
  const built = mistake.schema['x-built-items']
  const extra = built !== undefined && Array.isArray(mistake.value) ? mistake.value.slice(built) : [undefined]
  return extra.map((_, index) => {
    const pointer = built === undefined ? mistake.pointer : `${mistake.pointer}/${built + index}`
    return {
      code: 'config.not_built',
      severity: 'warning',
      message: `\`${readablePath(mistake.root, pointer)}\` has no effect yet: ${mistake.schema['x-not-built'] ?? ''}`,
      pointer,
      ...(built === undefined ? { atKey: mistake.schema['x-built-values'] === undefined } : {}),
    }
  })
}

function finding(mistake: Mistake, code: Finding['code'], message: string, help?: string): Finding {
  return {
    code,
    severity: 'error',
    message: `${nameOfPlace(mistake.root, mistake.pointer)} ${message}`,
    pointer: mistake.pointer,
    ...(help === undefined ? {} : { help }),
  }
}

function exampleHelp(schema: JsonSchema): string | undefined {
  const example = schema.examples?.[0]
  return example === undefined
    ? undefined
    : `as in \`${typeof example === 'string' ? example : JSON.stringify(example)}\``
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return typeof value === 'boolean' ? `\`${value}\`` : `a ${typeof value}`
}

/** Makes a description part of a help: without full stop, in small letters unless it begins with an abbreviation. */
function toPhrase(description: string): string {
  const text = description.replace(/\.$/, '')
  return /^[A-Z][A-Z]/.test(text) ? text : text.slice(0, 1).toLowerCase() + text.slice(1)
}
