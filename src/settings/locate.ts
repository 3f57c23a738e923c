/** From JSON pointers back to places: turns findings of rooms that know no file into problems with a line and a column. */
import type { Finding, Problem } from '../diagnostics/problem.ts'
import { parsePointer } from './pointer.ts'
import { originOfRange } from './scalar-range.ts'
import { childAt, type MapNode, type SettingsNode } from './settings-node.ts'
import { type Origin, placeOf } from './source-text.ts'

/** Answers questions about the places of one merged document. A look-up costs as much as the pointer is long. */
export interface Locator {
  /** Turns findings into problems, in the order given; those about values that failed before are left out (one mistake, one problem). */
  locate(findings: readonly Finding[]): Problem[]
  /** Returns the range that wrote the value at a pointer, or its nearest ancestor. */
  originOf(pointer: string): Origin
}

/** Creates a locator over a tree. */
export function createLocator(tree: MapNode): Locator {
  return {
    locate: findings =>
      findings.filter(finding => !hasFailed(find(tree, finding.pointer))).map(each => toProblem(tree, each)),
    originOf: pointer => find(tree, pointer).node.origin,
  }
}

/** What a pointer leads to. */
interface Found {
  readonly node: SettingsNode
  /** The key that holds the node, if a map does. */
  readonly keyOrigin: Origin | undefined
  /** False if the pointer led further than the document does. */
  readonly exact: boolean
}

function find(tree: MapNode, pointer: string): Found {
  let node: SettingsNode = tree
  let keyOrigin: Origin | undefined
  for (const token of parsePointer(pointer)) {
    const child = childAt(node, token)
    if (child === undefined) return { node, keyOrigin, exact: false }
    keyOrigin = node.kind === 'map' ? node.entries.get(token)?.keyOrigin : undefined
    node = child
  }
  return { node, keyOrigin, exact: true }
}

function hasFailed({ node }: Found): boolean {
  return node.kind === 'scalar' && node.failed === true
}

function toProblem(tree: MapNode, finding: Finding): Problem {
  const { code, severity, message, pointer, label, help } = finding
  const related = finding.related?.map(each => ({
    place: placeOf(originToMark(find(tree, each.pointer), each.atKey === true, undefined)),
    label: each.label,
  }))
  return {
    code,
    severity,
    message,
    pointer,
    place: placeOf(originToMark(find(tree, pointer), finding.atKey === true, finding.range)),
    ...(label !== undefined && { label }),
    ...(help !== undefined && { help }),
    ...(related !== undefined && { related }),
  }
}

/** The smallest range that shows what is meant: the scalar or a part of it; of a list or map only its key or its first entry. */
function originToMark(found: Found, atKey: boolean, range: Finding['range']): Origin {
  const { node, keyOrigin, exact } = found
  if (atKey && keyOrigin !== undefined) return keyOrigin
  if (node.kind === 'scalar') {
    return range !== undefined && exact ? originOfRange(node, range[0], range[1]) : node.origin
  }
  if (keyOrigin !== undefined) return keyOrigin
  const [first] = node.kind === 'map' ? node.entries : []
  return first === undefined ? node.origin : toEntry(first[1].keyOrigin, first[1].value)
}

/** `name: orders`, where that is one line of text. */
function toEntry(keyOrigin: Origin, value: SettingsNode): Origin {
  const sameText =
    value.kind === 'scalar' && value.origin.source === keyOrigin.source && value.origin.end > keyOrigin.start
  return sameText ? { ...keyOrigin, end: value.origin.end } : keyOrigin
}
