import { isMapping } from './cursor.ts'

/** Deeper than any setting of ours; the text half of this room refuses it earlier. */
const MAX_DEPTH = 70

/**
 * Copies a document without the members that are `null`: in the product's files `null` means absent. Members of claim sets stay, as
 * `null` is a mistake there. List items stay, so that pointers hold. The copy may be changed freely.
 */
export function withoutNulls(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) return undefined
  if (Array.isArray(value)) return value.map(item => withoutNulls(item, depth + 1))
  if (!isMapping(value)) return value
  const copy: Record<string, unknown> = Object.create(null)
  for (const [key, member] of Object.entries(value)) {
    if (member === null) continue
    copy[key] = key === 'claim_sets' ? member : withoutNulls(member, depth + 1)
  }
  return copy
}
