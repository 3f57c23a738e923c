import type { ScalarNode } from './settings-node.ts'
import type { Origin } from './source-text.ts'

/**
 * Finds where a range of a scalar's value was written: through replaced references, quotes, escapes, folded and indented lines.
 * `start` and `end` are code unit offsets in the value as text; what lies outside of it is clipped. A range in a replaced reference gives
 * the reference. Values that came from no file give their whole origin.
 */
export function originOfRange(node: ScalarNode, start: number, end: number): Origin {
  if (node.style === 'none') return node.origin
  const offsets = sourceOffsets(node)
  const last = offsets.length - 1
  const from = clip(toWritten(node, start, 'start'), last)
  const to = clip(Math.max(toWritten(node, end, 'end'), from), last)
  const sourceStart = offsets[from] ?? node.origin.start
  // The offset behind the last character, not that of the next one: white space between the two may be folded away.
  const sourceEnd = to > from ? (offsets[to - 1] ?? sourceStart) + 1 : sourceStart + 1
  const reaches = to === last ? (offsets[last] ?? sourceEnd) : sourceEnd
  return { source: node.origin.source, start: sourceStart, end: Math.max(sourceEnd, reaches, sourceStart + 1) }
}

function clip(offset: number, last: number): number {
  return Math.min(Math.max(0, offset), last)
}

function toWritten(node: ScalarNode, offset: number, edge: 'start' | 'end'): number {
  if (node.pieces === undefined) return offset
  for (const piece of node.pieces) {
    const inside = edge === 'start' ? offset < piece.end : offset <= piece.end
    if (!inside) continue
    if (piece.literal) return piece.writtenStart + Math.max(0, offset - piece.start)
    return edge === 'start' ? piece.writtenStart : piece.writtenEnd
  }
  return node.written.length
}

/** Returns the source offset of each code unit of `written`, and one more for its end. */
function sourceOffsets(node: ScalarNode): number[] {
  const { text } = node.origin.source
  const offsets: number[] = []
  let at = contentStart(node, text)
  let escapeStart = -1
  for (const unit of codeUnits(node.written)) {
    if (unit === ' ' || unit === '\n' || unit === '\t') {
      const escaped = node.style === 'double' ? escapeLength(text, at) : 0
      offsets.push(at)
      if (escaped > 0) at += escaped
      else if (text[at] === unit) at++
      continue
    }
    // One escape `\U…` may give two code units.
    if (escapeStart !== -1 && /[\udc00-\udfff]/.test(unit) && text[escapeStart + 1] === 'U') {
      offsets.push(escapeStart)
      continue
    }
    at = skipWhiteSpace(text, at, node.style === 'double')
    offsets.push(at)
    escapeStart = node.style === 'double' && text[at] === '\\' ? at : -1
    if (escapeStart !== -1) at += escapeLength(text, at)
    else at += node.style === 'single' && unit === "'" ? 2 : 1
  }
  offsets.push(at)
  return offsets
}

function* codeUnits(text: string): Iterable<string> {
  for (let index = 0; index < text.length; index++) yield text.charAt(index)
}

function contentStart(node: ScalarNode, text: string): number {
  const { start } = node.origin
  if (node.style === 'single' || node.style === 'double') return start + 1
  if (node.style === 'plain') return start
  const header = text.indexOf('\n', start)
  return header === -1 ? start : header + 1
}

function skipWhiteSpace(text: string, from: number, escapes: boolean): number {
  let at = from
  for (;;) {
    const unit = text[at]
    if (unit === ' ' || unit === '\n' || unit === '\t' || unit === '\r') at++
    else if (escapes && unit === '\\' && (text[at + 1] === '\n' || text[at + 1] === '\r')) at += 2
    else return at
  }
}

/** Length of the escape at an offset; 0 if there is none. */
function escapeLength(text: string, at: number): number {
  if (text[at] !== '\\') return 0
  const kind = text[at + 1]
  if (kind === 'x') return 4
  if (kind === 'u') return 6
  if (kind === 'U') return 10
  return 2
}
