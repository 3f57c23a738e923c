// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
/** Settings written after the real schema, right in most places and wrong in some, and then perhaps broken as text. */
import { stringify } from 'yaml'
import type { JsonSchema, SchemaPlace } from '../../src/settings/schema.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

/** Follows `$ref`, as `CompiledSchema` does. */
export interface SchemaSource {
  readonly root: SchemaPlace
  follow(schema: JsonSchema, base: string): SchemaPlace
}

const STRINGS: readonly string[] = [
  ...[
    'orders',
    'idp',
    'a',
    '',
    'http://127.0.0.1:1',
    'https://idp.example.com',
    '127.0.0.1:0',
    '[::1]:80',
    '30s',
    '5m',
    '1MiB',
    '0s',
    '-1s',
    '99999999d',
    'GET /*',
    'ANY /{id}',
    '/orders',
  ],
  ...[
    '${X}',
    '${X:-y}',
    '${X:?no}',
    '${file:/nonexistent}',
    '$$',
    '$',
    '${',
    '{encoded}YQ==',
    'scrypt:16384:8:1:AAAA:AAAA',
    "claims.sub == 'a'",
    '*.example.com',
    '10.0.0.0/8',
    '0.0.0.0/0',
    'RS256',
  ],
  ...[
    '1.10',
    'null',
    '~',
    'yes',
    '2026-01-01',
    '0x1f',
    '😀',
    '\u2028',
    '\u0000',
    'a\nb',
    ' padded ',
    '*idp',
    '&a b',
    '!x',
    '- a',
    'k: v',
    '"',
    "'",
    '#',
    '%',
    '@',
    '`',
    '__proto__',
    'x'.repeat(300),
  ],
]
const PIECES: readonly string[] = [
  ...[
    '\n',
    '  ',
    '\t',
    '- ',
    ': ',
    ':',
    '? ',
    ', ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|\n',
    '>-\n',
    '&a ',
    '*a',
    '<<: *a\n',
    '!<authServerAlias> ',
    '!!binary ',
    '!!set ',
    '!x ',
    '---\n',
    '...\n',
  ],
  ...[
    '%YAML 1.1\n',
    '%TAG ! x\n',
    '# ',
    '${',
    '$',
    '\0',
    '\x80',
    '\xc3\xa4',
    '\r\n',
    '\r',
    'null',
    '.inf',
    '.nan',
    '0o17',
    '1_000',
    '[[[[[[[[',
    '{a: {b: ',
    '- - - - - ',
    'apis:\n',
    'ports: 1\n',
    '\xef\xbb\xbf',
  ],
]
const MOST_DEPTH = 9
const FOREIGN_SHARE = 0.02
/** Strings that fit a format of the schema; names are few, so that references often meet. */
const FITTING: Readonly<Record<string, readonly string[]>> = {
  'address-range': ['10.0.0.0/8', '127.0.0.1', '::1/128'],
  'api-key': ['0123456789abcdef0123456789abcdef'],
  'base-path': ['/orders', '/', '/a/b'],
  'base-url': ['https://gw.example.com'],
  call: ['GET /orders', 'POST /orders/1'],
  duration: ['30s', '5m', '1h', '250ms'],
  'duration-or-zero': ['0s', '30s'],
  'field-name': ['x-user', 'authorization', 'x-b'],
  'host-name': ['example.com', 'a.example.com'],
  'host-pattern': ['example.com', '*.example.com'],
  'http-url': ['https://idp.example.com/certs', 'http://127.0.0.1:1/jwks'],
  'listen-address': ['127.0.0.1:0', '4485', '[::1]:80'],
  name: ['idp', 'orders', 'other'],
  'route-match': ['GET /*', 'ANY /{id}', 'POST /items'],
  scope: ['read', 'write'],
  size: ['1MiB', '64KiB'],
  upstream: ['http://127.0.0.1:8080', 'builtin:echo', 'https://svc.example.com/v1'],
  'worker-count': ['auto', '1'],
}
const PLAIN_STRINGS = ['orders', 'a', '1 == 1', 'alice']

/** Makes a settings file; octets as Latin-1. */
export function generateYaml(random: Random, schema: SchemaSource): string {
  const { schema: root, base } = schema.root
  const value = generateObject(random, root, { schema, base, depth: 0 })
  const text = Buffer.from(write(random, value)).toString('latin1')
  if (random.chance(0.5)) return text
  return mutate(text, random, PIECES, 6)
}

interface Place {
  readonly schema: SchemaSource
  readonly base: string
  readonly depth: number
}

function write(random: Random, value: unknown): string {
  if (random.chance(0.1)) return JSON.stringify(value)
  const text = stringify(value, {
    indent: random.pick([2, 4]),
    aliasDuplicateObjects: false,
    defaultStringType: random.pick(['PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE']),
    lineWidth: random.pick([0, 40]),
  })
  return random.chance(0.05) ? `---\n${text}---\n${text}` : text
}

function generateValue(random: Random, given: JsonSchema, from: Place): unknown {
  if (random.chance(0.01)) return generateAnything(random, 2)
  const { schema, base } = from.schema.follow(given, from.base)
  const place = { schema: from.schema, base, depth: from.depth + 1 }
  if (schema.oneOf !== undefined && schema.oneOf.length > 0)
    return generateValue(random, random.pick(schema.oneOf), place)
  if (schema.examples !== undefined && schema.examples.length > 0 && random.chance(0.5))
    return random.pick(schema.examples)
  if (schema.default !== undefined && random.chance(0.3)) return schema.default
  if (schema.enum !== undefined) return random.pick(schema.enum)
  const type = typeof schema.type === 'string' ? schema.type : random.pick(schema.type ?? ['string'])
  switch (type) {
    case 'object':
      return generateObject(random, schema, place)
    case 'array':
      return Array.from({ length: random.below(3) }, () => generateValue(random, schema.items ?? {}, place))
    case 'boolean':
      return random.chance(0.5)
    case 'integer':
    case 'number':
      return random.pick([
        schema.minimum ?? 2,
        schema.minimum ?? 2,
        schema.maximum ?? 4485,
        random.pick([0, 1, -1, 1.5, 1e21]),
      ])
    default:
      if (random.chance(0.05)) return random.pick(STRINGS)
      return random.pick(FITTING[schema.format ?? ''] ?? PLAIN_STRINGS)
  }
}

function generateObject(random: Random, schema: JsonSchema, place: Place): unknown {
  const object: Record<string, unknown> = {}
  const share = place.depth === 0 ? 0.25 : 0.3
  const { properties = {}, required = [], additionalProperties } = schema
  for (const [name, member] of Object.entries(properties)) {
    const isOptional = place.depth < MOST_DEPTH && random.chance(member['x-foreign'] === true ? FOREIGN_SHARE : share)
    const isWanted = required.includes(name) ? !random.chance(0.02) : isOptional
    if (isWanted) object[name] = generateValue(random, member, place)
  }
  if (typeof additionalProperties === 'object' && place.depth < MOST_DEPTH)
    for (let left = random.below(3); left > 0; left--)
      object[random.pick(STRINGS)] = generateValue(random, additionalProperties, place)
  if (random.chance(0.02)) object[random.pick([...STRINGS, 'nmae', 'upstrem', 'jwksUri'])] = generateAnything(random, 2)
  return object
}

function generateAnything(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0:
      return null
    case 1:
      return random.below(100)
    case 2:
      return random.chance(0.5)
    case 5:
      return Array.from({ length: random.below(3) }, () => generateAnything(random, depth - 1))
    case 6:
      return { [random.pick(STRINGS)]: generateAnything(random, depth - 1) }
    default:
      return random.pick(STRINGS)
  }
}
