/**
 * What was written, as a tree whose every part knows its place. Parsing makes it, merging and interpolation make new ones from it, and
 * plain data comes out at the end. Trees are never changed, so parts may be shared. No YAML type is in here.
 */
import type { Origin } from './source-text.ts'

export type SettingsNode = ScalarNode | MapNode | ListNode

/** How a scalar was written; `none` for what did not come from a file. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded' | 'none'

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** The content as text: what was written for a plain scalar (`1.10`), the string between the quotes otherwise. */
  readonly written: string
  readonly style: ScalarStyle
  readonly origin: Origin
  /** How the value came from `written`, where references were replaced. */
  readonly pieces?: readonly Piece[]
  /** A problem of this scalar has been reported: nothing more is to be said about its value. */
  readonly failed?: true
}

/** A part of an interpolated value, and the part of `written` that it came from. */
export interface Piece {
  readonly start: number
  readonly end: number
  readonly writtenStart: number
  readonly writtenEnd: number
  /** Copied character by character; otherwise replaced as a whole. */
  readonly literal: boolean
}

export interface MapNode {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, MapEntry>
  readonly origin: Origin
}

export interface MapEntry {
  readonly keyOrigin: Origin
  readonly value: SettingsNode
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly SettingsNode[]
  readonly origin: Origin
}

/** Converts a tree to plain data: objects without prototype, arrays, scalars. */
export function toPlain(node: SettingsNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toPlain)
  const object: Record<string, unknown> = Object.create(null)
  for (const [key, entry] of node.entries) object[key] = toPlain(entry.value)
  return object
}

/** Creates a scalar that did not come from YAML text, such as the value of an environment variable. */
export function createScalar(value: ScalarNode['value'], origin: Origin): ScalarNode {
  return { kind: 'scalar', value, written: value === null ? '' : String(value), style: 'none', origin }
}

/** Tells whether a node says nothing: `null` means absent (product.md 2). */
export function isNull(node: SettingsNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** Returns the child at a path token: a key of a map, or a decimal index of a list. */
export function childAt(node: SettingsNode, token: string): SettingsNode | undefined {
  if (node.kind === 'map') return node.entries.get(token)?.value
  if (node.kind === 'list') return /^(0|[1-9]\d{0,8})$/.test(token) ? node.items[Number(token)] : undefined
  return undefined
}
