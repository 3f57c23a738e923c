import type { Place } from '../diagnostics/problem.ts'

/** One text that settings were written in, with what is needed to point into it. */
export interface SourceText {
  /** How the operator called it, or a label: `environment`, `command line`. */
  readonly label: string
  readonly text: string
  /** Absolute folder that relative paths in this text start from. */
  readonly directory: string
  /** References (`${NAME}`) are replaced in files only; `download` marks what the operator did not write. */
  readonly kind: 'file' | 'environment' | 'command-line' | 'download'
  /** Offsets at which lines start, ascending; the first is 0. */
  readonly lineStarts: readonly number[]
}

/** A range in a text: code unit offsets, `end` exclusive. */
export interface Origin {
  readonly source: SourceText
  readonly start: number
  readonly end: number
}

/** Creates a source text and its index of lines. */
export function createSourceText(parts: Omit<SourceText, 'lineStarts'>): SourceText {
  const lineStarts = [0]
  for (let at = parts.text.indexOf('\n'); at !== -1; at = parts.text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  return { ...parts, lineStarts }
}

/** Converts a range to a place: its start, and how much of it lies on its first line (at least one column). */
export function placeOf(origin: Origin): Place {
  const { source, start, end } = origin
  const line = lineAt(source.lineStarts, start)
  const lineStart = source.lineStarts[line] ?? 0
  const lineEnd = source.lineStarts[line + 1] ?? source.text.length
  const onLine = source.text.slice(start, Math.min(end, lineEnd)).trimEnd()
  return { file: source.label, line: line + 1, column: start - lineStart + 1, length: Math.max(1, onLine.length) }
}

/** Finds the last line that starts at or before the offset. */
function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0
  let high = lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
