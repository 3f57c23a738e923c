import type { SettingsDocument } from './document.ts'
import { absolutePath } from './named-files.ts'
import type { Parsed } from './parsed.ts'
import type { CompiledSchema } from './schema.ts'
import type { Configuration } from './schema-types.ts'
import { parseDurationOrZero, parseSize } from './units.ts'

/** The longest time that a timer of Node.js can wait; longer durations mean the same to us: 24 days without anything happening. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What every part of `resolve` gets: the valid configuration with its defaults, and where its paths start. */
export interface Resolution {
  readonly configuration: Configuration
  /** Makes a path absolute that is written at a pointer. */
  absolute(pointer: string, path: string): string
}

/** Opens a valid document for resolving. */
export function openResolution(document: SettingsDocument, schema: CompiledSchema): Resolution {
  return {
    // Valid and filled is what the generated types describe; `validateDocument` has made sure of the first.
    configuration: schema.judge(document.value).filled as Configuration,
    absolute: (pointer, path) => absolutePath(document, pointer, path),
  }
}

/** Converts a valid duration to milliseconds that a timer can take. */
export function toMs(duration: string): number {
  return Math.min(valid(parseDurationOrZero(duration)), MAX_TIMER_MS)
}

/** Converts a valid size to octets. */
export function toBytes(size: string): number {
  return valid(parseSize(size))
}

/** Takes the value out of a parser's answer. An answer without one is a defect: only valid documents are resolved. */
export function valid<T>(answer: Parsed<T>): T {
  if (answer.ok) return answer.value
  throw new Error(`resolved before it was valid: ${answer.message}`)
}

/** Finds the entry of a store by alias; without alias the only one. */
export function entryOf<T extends { readonly alias: string }>(
  entries: readonly T[] | undefined,
  alias: string | undefined,
): { readonly entry: T; readonly index: number } | undefined {
  const index = alias === undefined ? 0 : (entries ?? []).findIndex(entry => entry.alias === alias)
  const entry = entries?.[index]
  return entry === undefined ? undefined : { entry, index }
}
