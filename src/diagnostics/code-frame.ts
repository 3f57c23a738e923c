/** Marks places in one source text, as compilers do: the line, carets under the range, a label beside them. */
import { toPrintable } from './printable.ts'
import type { Place } from './problem.ts'

/** One marked range of a frame. */
export interface Mark {
  readonly place: Place
  readonly label: string
  /** Primary marks are drawn with `^`, others with `-`. */
  readonly primary: boolean
}

/** Colours a piece of a frame; the identity where colours are off. */
export type Paint = (style: 'gutter' | 'primary' | 'secondary', text: string) => string

/** Widest part of a source line that is shown; the marked range is always inside. */
const MAX_WIDTH = 140
/** What is shown of a long line before the marked range. */
const CONTEXT_BEFORE = 40
const MAX_LABEL_COLUMN_MARK = 100

/** Returns the width of the line-number column that frames of these places need; at least 2, as in the house layout. */
export function gutterWidth(places: readonly Place[]): number {
  return Math.max(2, ...places.map(place => String(place.line).length))
}

/**
 * Draws the marked lines of one file in line order, `...` between lines that are not neighbours.
 * `lines` are those of the source text; a mark beyond the text is drawn under an empty line. Never throws.
 */
export function drawFrame(lines: readonly string[], marks: readonly Mark[], width: number, paint: Paint): string[] {
  const output: string[] = []
  let previous: number | undefined
  for (const [line, onLine] of groupByLine(marks)) {
    if (previous !== undefined && line > previous + 1) output.push(paint('gutter', '...'))
    previous = line
    const text = toPrintable((lines[line - 1] ?? '').replace(/\r$/, ''))
    const shift = shiftOf(text, onLine)
    const shown = cut(text, shift)
    output.push(`${paint('gutter', `${String(line).padStart(width)} |`)} ${shown}`.trimEnd())
    for (const mark of onLine) output.push(drawMark(mark, shown, shift, width, paint))
  }
  return output
}

function groupByLine(marks: readonly Mark[]): [number, Mark[]][] {
  const byLine = new Map<number, Mark[]>()
  for (const mark of marks) {
    const onLine = byLine.get(mark.place.line)
    if (onLine === undefined) byLine.set(mark.place.line, [mark])
    else onLine.push(mark)
  }
  return [...byLine].sort(([a], [b]) => a - b)
}

/** How many code units of a long line are hidden on the left, so that its first mark is in sight. */
function shiftOf(text: string, marks: readonly Mark[]): number {
  const first = Math.min(...marks.map(mark => mark.place.column))
  if (text.length <= MAX_WIDTH || first <= MAX_LABEL_COLUMN_MARK) return 0
  return first - 1 - CONTEXT_BEFORE
}

function cut(text: string, shift: number): string {
  const head = shift > 0 ? `…${text.slice(shift + 1)}` : text
  return head.length > MAX_WIDTH ? `${head.slice(0, MAX_WIDTH - 1)}…` : head
}

function drawMark(mark: Mark, shown: string, shift: number, width: number, paint: Paint): string {
  const start = Math.max(0, mark.place.column - 1 - shift)
  const length = Math.max(1, Math.min(mark.place.length, Math.max(1, shown.length - start)))
  const carets = (mark.primary ? '^' : '-').repeat(length)
  const label = mark.label === '' ? '' : ` ${toPrintable(mark.label)}`
  const margin = `${paint('gutter', `${' '.repeat(width)} |`)} ${' '.repeat(start)}`
  return `${margin}${paint(mark.primary ? 'primary' : 'secondary', carets + label)}`
}
