/** From the operator's layers to one document: read, parse, merge, override, interpolate, in this order, with every problem on the way. */
import type { Finding, Problem } from '../diagnostics/problem.ts'
import type { SettingsDocument } from './document.ts'
import { applyEnvironment, applyFlags } from './environment.ts'
import { type Environment, interpolate, peek, readValueFiles } from './interpolate.ts'
import { createLocator, type Locator } from './locate.ts'
import { maskSecrets } from './mask-secrets.ts'
import { mergeDocuments, mergeLayers } from './merge.ts'
import { parseSource } from './parse.ts'
import { readLayers } from './read.ts'
import { rememberShapes, type SchemaAt } from './schema-shape.ts'
import {
  type ListNode,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type SettingsNode,
  toPlain,
} from './settings-node.ts'
import { createSourceText, placeOf, type SourceText } from './source-text.ts'

/** What to load. */
export interface DocumentRequest {
  /** `-c` arguments in order, relative to `cwd`: files, or folders of `*.yml`. Later ones win. */
  readonly layers: readonly string[]
  readonly cwd: string
  readonly environment: Environment
  /** Values of flags by JSON pointer; they win over everything. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

/** One document, as far as the text allowed. */
export interface LoadedDocument {
  readonly document: SettingsDocument
  readonly problems: readonly Problem[]
  /** False if some of the text could not be read: the schema would only repeat in other words what is missing. */
  readonly intact: boolean
  /** Texts by the file name of a place, with secrets covered. */
  readonly sources: ReadonlyMap<string, string>
  /** Absolute paths of everything read or named, files of `${file:…}` included. */
  readonly watched: readonly string[]
  /** Turns findings by JSON pointer into problems with places. */
  locate(findings: readonly Finding[]): Problem[]
}

/** Loads one document. Never throws for anything an operator can write; what is wrong comes back as problems, sorted by file and line. */
export async function loadDocument(request: DocumentRequest, lookUp: SchemaAt): Promise<LoadedDocument> {
  const schemaAt = rememberShapes(lookUp)
  const { environment, cwd } = request
  const read = await readLayers(request.layers, cwd)
  const problems: Problem[] = [...read.problems]
  const shown = new Map<string, string>()
  const merge = { schemaAt, textOf: (node: ScalarNode) => peek(node, environment) }
  for (const source of read.unclean) shown.set(source.label, maskSecrets(source, [], false, schemaAt))
  let intact = read.problems.length === 0
  let tree: MapNode | undefined
  for (const layer of read.layers) {
    const documents: MapNode[] = []
    for (const source of layer) {
      const parsed = parseSource(source)
      problems.push(...parsed.problems)
      documents.push(...parsed.documents)
      intact &&= parsed.intact
      shown.set(source.label, maskSecrets(source, parsed.documents, parsed.intact, schemaAt))
    }
    const merged = mergeDocuments(documents, merge, problems)
    if (merged !== undefined) tree = tree === undefined ? merged : mergeLayers(tree, merged, merge)
  }
  if (problems.every(problem => problem.severity !== 'error') && (tree === undefined || tree.entries.size === 0)) {
    problems.push(emptyProblem(read.layers.flat(), request.layers))
    intact = false
  }
  const root = tree ?? emptyTree(cwd)
  const fromEnvironment = applyEnvironment(root, environment, schemaAt, cwd)
  const overridden = applyFlags(fromEnvironment.tree, request.overrides ?? {}, cwd)
  problems.push(...fromEnvironment.problems)
  for (const source of [...fromEnvironment.sources, ...overridden.sources]) shown.set(source.label, source.text)
  const files = await readValueFiles(overridden.tree)
  const interpolated = interpolate(overridden.tree, { environment, files, schemaAt }, problems)
  const final = keepVersions(interpolated.kind === 'map' ? interpolated : root, problems)
  const locator = createLocator(final)
  return {
    document: toDocument(final, locator),
    problems: sortProblems(problems, shown),
    intact,
    sources: shown,
    watched: [...new Set([...read.paths, ...files.keys()])],
    locate: findings => locator.locate(findings),
  }
}

function toDocument(tree: MapNode, locator: Locator): SettingsDocument {
  return {
    value: toPlain(tree),
    directoryOf: pointer => locator.originOf(pointer).source.directory,
    isFromOperator: pointer => locator.originOf(pointer).source.kind !== 'download',
  }
}

/** Orders problems by file (in reading order, those without a place first), line and column. */
export function sortProblems(problems: readonly Problem[], sources: ReadonlyMap<string, string>): Problem[] {
  const order = new Map([...sources.keys()].map((file, index) => [file, index + 1]))
  const rank = ({ place }: Problem): number => (place === undefined ? 0 : (order.get(place.file) ?? order.size + 1))
  return [...problems].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0),
  )
}

function emptyProblem(sources: readonly SourceText[], names: readonly string[]): Problem {
  const [source] = sources
  return {
    code: 'config.empty',
    severity: 'error',
    message: `the configuration ${names.length === 0 ? '' : `\`${names.join('`, `')}\` `}is empty`,
    ...(source !== undefined && { place: placeOf({ source, start: 0, end: 1 }), label: 'no settings here' }),
    help: 'start with `ports:` and `apis:`; microgateway.yml is an example',
  }
}

function emptyTree(cwd: string): MapNode {
  const source = createSourceText({ label: 'no file', text: '', directory: cwd, kind: 'file' })
  return { kind: 'map', entries: new Map(), origin: { source, start: 0, end: 0 } }
}

/** An unquoted `version: 1.10` reads as the number 1.1: an error, and the text that was written is what counts for further checks. */
function keepVersions(tree: MapNode, problems: Problem[]): MapNode {
  const apis = tree.entries.get('apis')
  if (apis?.value.kind !== 'list') return tree
  const items = apis.value.items.map(api => {
    const version = api.kind === 'map' ? api.entries.get('version') : undefined
    if (api.kind !== 'map' || version?.value.kind !== 'scalar') return api
    const { value, written, origin, style } = version.value
    if (typeof value !== 'number' || style !== 'plain') return api
    problems.push({
      code: 'config.type',
      severity: 'error',
      message: '`version` must be a text, and without quotes this is a number',
      place: placeOf(origin),
      label: String(value) === written ? 'needs quotes' : `reads as ${value}`,
      help: `write \`version: "${written}"\``,
    })
    return withEntry(api, 'version', { ...version, value: { ...version.value, value: written } })
  })
  return withEntry(tree, 'apis', { ...apis, value: withItems(apis.value, items) })
}

function withEntry(map: MapNode, key: string, entry: MapEntry): MapNode {
  return { ...map, entries: new Map(map.entries).set(key, entry) }
}

function withItems(list: ListNode, items: readonly SettingsNode[]): ListNode {
  return { ...list, items }
}
