/**
 * Writes `docs/CONFIGURATION.md` from the schemas: every key with its type, default, meaning and an example. Run it with
 * `node docs/generate-configuration.ts`; a test fails while the page is not current.
 */
import { writeFileSync } from 'node:fs'
import { type CompiledSchema, type JsonSchema, loadSchema, type SchemaPlace } from '../src/settings/schema.ts'

const TARGET = new URL('CONFIGURATION.md', import.meta.url)

const HEAD = `# Configuration

<!-- Made by \`docs/generate-configuration.ts\` from \`schemas/\`. Change the schemas, not this page. -->

Every key of \`microgateway.yml\`, block by block. How files, layers, the environment and \`\${NAME}\` work together is at the end of this page.
An editor that knows YAML schemas shows the same text while you type; begin the file with

\`\`\`yaml
# yaml-language-server: $schema=./schemas/microgateway.schema.json
\`\`\`

`

const TAIL = `
## How it is read

- \`-c\` may be given several times; each is a layer, a file or a folder of \`*.yml\`, and later ones win key by key. Lists of named things merge by \`id\` or \`name\`.
- \`\${NAME}\`, \`\${NAME:-default}\`, \`\${NAME:?message}\`, \`\${file:/path}\` stand for values; \`$$\` is a dollar sign.
- Every key can be set from the environment: \`mcgw_\` and the path joined by \`_\`, list entries by name, as in \`mcgw_ports_http\` or \`mcgw_apis_orders_upstream\`.
- Durations and sizes have units: \`250ms\`, \`30s\`, \`5m\`, \`24h\`, \`7d\`; \`512B\`, \`16KiB\`, \`10MiB\`. Timers end after 24 days at the latest.
- Relative paths start from the folder of the file that names them. \`null\` means absent.
- Keys marked *not built yet* are accepted with a warning (\`config.not_built\`); keys of the product without meaning here, too (\`config.foreign_key\`). Any other unknown key is an error.
`

/** One block with a heading of its own. */
interface Block {
  readonly path: string
  readonly place: SchemaPlace
}

/** Writes the page as text. */
export function renderConfiguration(): string {
  const schema = loadSchema()
  const blocks = [...collectBlocks(schema, { path: '', place: schema.root }, new Set())]
  return HEAD + blocks.map(block => renderBlock(schema, block)).join('\n') + TAIL
}

/** Walks the schema in reading order; a block comes after the one that names it, and once only. */
function* collectBlocks(schema: CompiledSchema, block: Block, seen: Set<string>): Generator<Block> {
  const { $id } = block.place.schema
  if ($id !== undefined && seen.has($id)) return
  if ($id !== undefined) seen.add($id)
  yield block
  for (const [key, property] of Object.entries(block.place.schema.properties ?? {})) {
    if (property['x-foreign'] === true) continue
    const path = block.path === '' ? key : `${block.path}.${key}`
    const inner = blockOf(schema, schema.follow(property, block.place.base), path)
    if (inner !== undefined) yield* collectBlocks(schema, inner, seen)
  }
}

/** Returns the block that a key opens: its own keys, or those of its list's items. */
function blockOf(schema: CompiledSchema, place: SchemaPlace, path: string): Block | undefined {
  if (Object.keys(place.schema.properties ?? {}).length > 0) return { path, place }
  const { items } = place.schema
  return items === undefined ? undefined : blockOf(schema, schema.follow(items, place.base), `${path}[]`)
}

function renderBlock(schema: CompiledSchema, { path, place }: Block): string {
  const { title = '', description = '', properties = {}, required = [] } = place.schema
  const heading = path === '' ? '## Top level' : `## ${title}: \`${path}\``
  const entries = Object.entries(properties)
  const rows = entries
    .filter(([, property]) => property['x-foreign'] !== true)
    .map(([key, property]) => renderRow(key, schema.follow(property, place.base), required.includes(key), schema))
  const foreign = entries.filter(([, property]) => property['x-foreign'] === true).map(([key]) => `\`${key}\``)
  return [
    `${heading}\n`,
    `${description}${notBuilt(place.schema)}\n`,
    '| key | value | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(foreign.length === 0
      ? []
      : ['', `Keys of the product that are accepted without effect: ${foreign.join(', ')}.`]),
    '',
  ].join('\n')
}

function renderRow(key: string, place: SchemaPlace, required: boolean, schema: CompiledSchema): string {
  const { schema: property } = place
  const example = property.examples?.[0]
  const isMeaningful = property.default !== undefined && JSON.stringify(property.default) !== '{}'
  const fallback = required ? '*needed*' : isMeaningful ? code(property.default) : ''
  const asIn = example === undefined ? '' : ` Example: ${code(example)}.`
  const meaning = `${property.description ?? ''}${asIn}${notBuilt(property)}`
  return `| ${[code(key), describeValue(place, schema), fallback, meaning].map(cell).join(' | ')} |`
}

const FORMAT_NAMES: Readonly<Record<string, string>> = {
  'address-range': 'address, block or range',
  'api-key': 'API key',
  'base-path': 'path',
  'base-url': 'URL',
  call: 'method and path',
  'duration-or-zero': 'duration, `0s` allowed',
  'field-name': 'name of a header field',
  'host-name': 'host name',
  'host-pattern': 'host or `*.suffix`',
  'http-url': 'URL',
  'listen-address': '`host:port`',
  'password-hash': 'password hash',
  'route-match': 'method and path template',
  time: 'point in time',
  upstream: 'URL or `builtin:echo`',
  'worker-count': '`auto`',
}

function describeValue(place: SchemaPlace, schema: CompiledSchema): string {
  const { schema: property } = place
  if (property.enum !== undefined) return property.enum.map(code).join(', ')
  const types = typeof property.type === 'string' ? [property.type] : (property.type ?? [])
  const words = types.map(type => {
    if (type === 'array') return listOf(schema.follow(property.items ?? {}, place.base), schema)
    if (type === 'object') return property.properties === undefined ? 'map' : 'block'
    if (type === 'boolean') return '`true` or `false`'
    if (type === 'integer') return 'whole number'
    return type === 'string' && property.format !== undefined
      ? (FORMAT_NAMES[property.format] ?? property.format)
      : type
  })
  return words.join(' or ')
}

function listOf(items: SchemaPlace, schema: CompiledSchema): string {
  const inner = describeValue(items, schema)
  return inner === '' ? 'list' : `list: ${inner}`
}

function notBuilt(property: JsonSchema): string {
  const text = property['x-not-built']
  if (text === undefined) return ''
  const values = property['x-built-values'] && [...new Set(property['x-built-values'].map(code))].join(', ')
  return ` *Not built yet${values === undefined ? '' : `, apart from ${values}`}: ${text}.*`
}

function code(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `\`${text}\``
}

/** A bar would end the cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (import.meta.main) writeFileSync(TARGET, renderConfiguration())
